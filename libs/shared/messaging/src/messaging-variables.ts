import { variables } from '@ringshop/service-defaults';

/** For the configuration of a service that sends and handles messages. */
export const messagingVariables = {
  KAFKA_BROKERS: variables.brokers.describe('Some of the brokers: `host:port,host:port`.'),
  KAFKA_SESSION_TIMEOUT_MS: variables.ms
    .default(10_000)
    .describe('After this without a sign of life a process loses its partitions to the others.'),
  OUTBOX_SWEEP_MS: variables.ms
    .default(2_000)
    .describe('How often messages are looked for that a crash has left in the outbox.'),
  // Without it what waits is taken together, some hundreds at most. With 1 a saga runs as it is usually written, which is there
  // to be measured (`textbook` in docs/performance.md) and not to be used.
  BATCH_MAX: variables.positive
    .optional()
    .describe('The most messages, or orders to be placed, of one transaction, and the most records of one produce.'),
};
