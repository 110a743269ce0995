import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

const ms = (byDefault: number) => variables.ms.default(byDefault);

export const paymentConfig = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl,
  KAFKA_BROKERS: variables.brokers,
  /** Opens the payment tokens that the order service sealed. */
  PAYMENT_TOKEN_KEYS: variables.keyRing,
  PROVIDER_URL: variables.httpUrl,
  /** After this a call counts as unanswered: unknown, never failed. */
  PROVIDER_TIMEOUT_MS: ms(3_000),
  /** A batch goes on without its slow calls once no answer came for this long. */
  PROVIDER_PATIENCE_MS: ms(500),
  PROVIDER_CONCURRENCY: variables.integer.default(64),
  RETRY_MIN_MS: ms(100),
  RETRY_MAX_MS: ms(5_000),
  /** How often commands without an answer are looked for. */
  RESOLVE_SWEEP_MS: ms(250),
  OUTBOX_SWEEP_MS: ms(2_000),
  KAFKA_SESSION_TIMEOUT_MS: ms(10_000),
});
export type PaymentConfig = z.output<typeof paymentConfig>;
