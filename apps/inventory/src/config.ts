import { batchVariables, memoryMs, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

/** With less, every lock is lost before its work is done, and every claim of the cache before it is filled: nothing gets on. */
const atLeast = (ms: number) => variables.ms.pipe(z.int().min(ms, `must be at least ${ms} ms`));

const settings = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl,
  REDIS_URL: variables.redisUrl,
  KAFKA_BROKERS: variables.brokers,
  /** Verifies who the gateway says is asking. */
  INTERNAL_CALL_KEYS: variables.keyRing,
  /** How long a reservation keeps its units without a commit: 15 minutes. Far above the order service's CONFIRM_MARGIN_MS. */
  HOLD_MS: variables.ms.default(900_000),
  EXPIRY_SWEEP_MS: variables.ms.default(1_000),
  /** Far above the time a batch takes; what a killed holder leaves behind blocks its SKUs for this long. */
  LOCK_TTL_MS: atLeast(500).default(5_000),
  /** What keeps two writers apart; see `Protection`. Nothing is oversold in any of them. */
  STOCK_LOCK: z.enum(['redis', 'database', 'none']).default('redis'),
  /** With `redis`, while Redis is away: the database protects alone, or nothing is reserved (`stock-unavailable`). */
  STOCK_LOCK_FALLBACK: z.enum(['database', 'refuse']).default('database'),
  /** How old name, price and availability of a product can be when they are read. */
  PRODUCT_CACHE_TTL_MS: atLeast(50).default(5_000),
  OUTBOX_SWEEP_MS: variables.ms.default(2_000),
  KAFKA_SESSION_TIMEOUT_MS: variables.ms.default(10_000),
  ...batchVariables,
  ...purgeVariables,
  INBOX_KEEP_MS: memoryMs,
  /** How long a reservation that ended without units is remembered, so that a late command for it is refused. */
  TOMBSTONE_KEEP_MS: memoryMs,
});

export const inventoryConfig = settings
  .refine(...outlivesMessages('INBOX_KEEP_MS'))
  .refine(...outlivesMessages('TOMBSTONE_KEEP_MS'));

export type InventoryConfig = z.output<typeof inventoryConfig>;
