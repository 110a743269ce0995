import { batchVariables, memoryMs, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

const ms = (byDefault: number) => variables.ms.default(byDefault);

const settings = z.object({
  ...serviceVariables,
  /** Which shard this is a replica of. */
  SHARD: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a name such as order-1'),
  DATABASE_URL: variables.postgresUrl,
  /** The authority on which shard owns which slot. */
  PLACEMENT_URL: variables.postgresUrl,
  KAFKA_BROKERS: variables.brokers,
  /** Verifies who the gateway says is asking. */
  INTERNAL_CALL_KEYS: variables.keyRing,
  /** Seals payment tokens for the payment service, which opens them. */
  PAYMENT_TOKEN_KEYS: variables.keyRing,
  PAYMENT_TOKEN_KEYS_FILE: variables.watchedFile,
  /** Seals names and addresses where they are stored. */
  PERSONAL_DATA_KEYS: variables.keyRing,
  PERSONAL_DATA_KEYS_FILE: variables.watchedFile,
  /** How often a replica looks for what is still under an old key. */
  RESEAL_EVERY_MS: ms(2_000),
  /** How long the first answer to a command may take. */
  STEP_DEADLINE_MS: ms(10_000),
  /** For one step, where it should not be STEP_DEADLINE_MS. */
  RESERVE_DEADLINE_MS: variables.ms.optional(),
  AUTHORISE_DEADLINE_MS: variables.ms.optional(),
  RETRY_MIN_MS: ms(100),
  RETRY_MAX_MS: ms(5_000),
  PARK_AFTER_MS: ms(60_000),
  /** A parked saga is asked again at least this often. */
  RETRY_PARKED_MS: ms(15_000),
  DEADLINE_SWEEP_MS: ms(500),
  OUTBOX_SWEEP_MS: ms(2_000),
  /** Messages of one replica that may wait for Kafka; beyond it nothing new is promised. An order starts with one. */
  OUTBOX_LIMIT: variables.integer.default(10_000),
  /** How long an order may wait in queues, anywhere, on top of what it takes when nothing waits. */
  ADMISSION_QUEUE_MS: ms(270),
  /**
   * Undecided orders of one replica: the least and the most that are let in, however long they take, and the first guess. Fewer
   * only for a moment at a full minute, to see what an order takes when nothing waits.
   */
  ADMISSION_MIN: variables.positive.default(8),
  ADMISSION_MAX: variables.positive.default(5_000),
  ADMISSION_INITIAL: variables.positive.default(1_000),
  /**
   * While orders are under way, new ones leave at least this far apart, and up to eight times where they queue (ADR 0024); those in
   * between together. Raise `gatheredMs` of the gateway's app.module.ts with it: it takes longer waits for overload.
   */
  GATHER_MS: ms(30),
  /** The most requests that may be worked on at once, however fast they are; usually latency sets a lower limit. */
  REQUESTS_AT_ONCE_MAX: variables.integer.default(1_024),
  /** Orders that one customer may follow at a time, at one replica. */
  EVENT_STREAMS_PER_CUSTOMER: variables.integer.default(20),
  /** Answers that are held back for one customer with `Prefer: wait`; what is asked beyond is answered at once. */
  WAITS_PER_CUSTOMER: variables.integer.default(100),
  PARKED_COUNT_MS: ms(5_000),
  KAFKA_SESSION_TIMEOUT_MS: ms(10_000),
  /** How long a reservation must still hold for an order to be confirmed. */
  CONFIRM_MARGIN_MS: ms(5_000),
  ...batchVariables,
  ...purgeVariables,
  /** How long a repeated key gets the order that it placed. */
  IDEMPOTENCY_KEEP_MS: ms(24 * 60 * 60 * 1000),
  INBOX_KEEP_MS: memoryMs,
});

export const orderConfig = settings.refine(...outlivesMessages('INBOX_KEEP_MS'));
export type OrderConfig = z.output<typeof orderConfig>;
