import { variables } from '@ringshop/service-defaults';

const day = 24 * 60 * 60 * 1000;

/** How long Kafka hands out a message of the topics that services read; `setup` creates them with it. */
export const messageRetentionMs = 7 * day;

/**
 * For the configuration of a service that purges. What recognises a message that comes again, or too late, has to be kept for
 * twice as long as Kafka keeps messages: one week in its topic, and one more for a letter that is re-driven (docs/retention.md).
 */
export const purgeVariables = {
  MESSAGE_RETENTION_MS: variables.ms
    .default(messageRetentionMs)
    .describe(
      'Says how long Kafka keeps messages; it does not make it so. Smaller only where nothing is re-driven, as in a test.',
    ),
  PURGE_EVERY_MS: variables.ms.default(60_000).describe('How often rows are deleted that nobody needs any more.'),
};

/** A variable with a time for which such rows are kept. */
export const memoryMs = variables.ms.default(2 * messageRetentionMs);

/** What a service remembers of the messages that it handled. */
export const inboxKeepMs = memoryMs.describe('How long a message is remembered, so that it has its effect once.');

/** For `schema.refine(...outlivesMessages('INBOX_KEEP_MS'))`: refuses a time that is too short. */
export function outlivesMessages<Name extends string>(variable: Name) {
  const message = 'must be at least twice MESSAGE_RETENTION_MS, or late messages have their effect again';
  const isLong = (config: Record<Name | 'MESSAGE_RETENTION_MS', number>) =>
    config[variable] >= 2 * config.MESSAGE_RETENTION_MS;
  return [isLong, { path: [variable as PropertyKey], message }] satisfies [unknown, unknown];
}
