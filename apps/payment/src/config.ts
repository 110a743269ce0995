import { batchVariables, memoryMs, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

const ms = (byDefault: number) => variables.ms.default(byDefault);

const settings = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl,
  KAFKA_BROKERS: variables.brokers,
  /** Opens the payment tokens that the order service sealed. */
  PAYMENT_TOKEN_KEYS: variables.keyRing,
  PAYMENT_TOKEN_KEYS_FILE: variables.watchedFile,
  PROVIDER_URL: variables.httpUrl,
  /** After this a call counts as unanswered: unknown, never failed. */
  PROVIDER_TIMEOUT_MS: ms(3_000),
  /** A batch goes on without its slow calls once no answer came for this long. */
  PROVIDER_PATIENCE_MS: ms(500),
  /** The longest that a `Retry-After` is obeyed: for the payment it was about, and for all the others. */
  PROVIDER_RETRY_AFTER_MAX_MS: ms(15 * 60_000),
  PROVIDER_PAUSE_MAX_MS: ms(5_000),
  /** Calls at once. With fewer than a batch has orders the batch waits for the provider more than once, and the orders with it. */
  PROVIDER_CONCURRENCY: variables.integer.default(256),
  RETRY_MIN_MS: ms(100),
  RETRY_MAX_MS: ms(5_000),
  /** How often commands without an answer are looked for. */
  RESOLVE_SWEEP_MS: ms(250),
  /** After this an unanswered command is noted beside the readiness. */
  UNRESOLVED_NOTE_MS: ms(60_000),
  OUTBOX_SWEEP_MS: ms(2_000),
  KAFKA_SESSION_TIMEOUT_MS: ms(10_000),
  ...batchVariables,
  ...purgeVariables,
  /** How long a payment that took no money is remembered, so that a late command for it is refused. */
  TOMBSTONE_KEEP_MS: memoryMs,
});

export const paymentConfig = settings.refine(...outlivesMessages('TOMBSTONE_KEEP_MS'));
export type PaymentConfig = z.output<typeof paymentConfig>;
