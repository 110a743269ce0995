import { memoryMs, messagingVariables, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

const ms = (byDefault: number) => variables.ms.default(byDefault);

const settings = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl.describe('Its database, as its own role.'),
  PAYMENT_TOKEN_KEYS: variables.keyRing.describe('Opens the payment tokens that the order shards sealed.'),
  PAYMENT_TOKEN_KEYS_FILE: variables.watchedFile('PAYMENT_TOKEN_KEYS'),
  PROVIDER_URL: variables.httpUrl.describe('The payment provider.'),
  PROVIDER_TIMEOUT_MS: ms(3_000).describe('After this a call counts as unanswered: unknown, never failed.'),
  PROVIDER_PATIENCE_MS: ms(500).describe('A batch goes on without its slow calls once no answer came for this long.'),
  PROVIDER_RETRY_AFTER_MAX_MS: ms(15 * 60_000).describe(
    'The longest that a `Retry-After` is obeyed, for the payment that it was about.',
  ),
  PROVIDER_PAUSE_MAX_MS: ms(5_000).describe('The same for all the others.'),
  PROVIDER_CONCURRENCY: variables.integer
    .default(256)
    .describe('Calls at once. With fewer than a batch has orders, the orders wait for the provider more than once.'),
  RETRY_MIN_MS: ms(100).describe(
    'How long a command without an answer first waits to be tried again; doubled each time.',
  ),
  RETRY_MAX_MS: ms(5_000).describe('The longest that it waits.'),
  RESOLVE_SWEEP_MS: ms(250).describe('How often commands without an answer are looked for.'),
  UNRESOLVED_NOTE_MS: ms(60_000).describe('After this an unanswered command is noted beside the readiness.'),
  ...messagingVariables,
  ...purgeVariables,
  TOMBSTONE_KEEP_MS: memoryMs.describe(
    'How long a payment that took no money is remembered, so that a late command for it is refused.',
  ),
});

export const paymentConfig = settings.refine(...outlivesMessages('TOMBSTONE_KEEP_MS'));
export type PaymentConfig = z.output<typeof paymentConfig>;
