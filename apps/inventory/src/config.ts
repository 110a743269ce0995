import { inboxKeepMs, memoryMs, messagingVariables, outlivesMessages, purgeVariables } from '@ringshop/messaging';
import { serviceVariables, variables } from '@ringshop/service-defaults';
import { z } from 'zod';

/** With less, every lock is lost before its work is done, and every claim of the cache before it is filled: nothing gets on. */
const atLeast = (ms: number) => variables.ms.pipe(z.int().min(ms, `must be at least ${ms} ms`));

const settings = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl.describe('Its database, as its own role.'),
  REDIS_URL: variables.redisUrl.describe('Locks and the products cache.'),
  INTERNAL_CALL_KEYS: variables.keyRing.describe('Verifies who the gateway says is asking.'),
  HOLD_MS: variables.ms
    .default(900_000)
    .describe(
      'How long a reservation keeps its units without a commit. Far above `CONFIRM_MARGIN_MS` of the order shards.',
    ),
  EXPIRY_SWEEP_MS: variables.ms.default(1_000).describe('How often reservations are looked for whose time is over.'),
  LOCK_TTL_MS: atLeast(500)
    .default(5_000)
    .describe('How long a killed holder blocks its SKUs, so far above the time a batch takes. At least 500.'),
  STOCK_LOCK: z
    .enum(['redis', 'database', 'none'])
    .default('redis')
    .describe('What keeps two writers apart ([stock.md](stock.md)). Nothing is oversold in any of them.'),
  STOCK_LOCK_FALLBACK: z
    .enum(['database', 'refuse'])
    .default('database')
    .describe(
      'With `redis`, while Redis is away: the database protects alone, or nothing is reserved (`stock-unavailable`).',
    ),
  PRODUCT_CACHE_TTL_MS: atLeast(50)
    .default(5_000)
    .describe('How old name, price and availability of a product can be when they are read. At least 50.'),
  ...messagingVariables,
  ...purgeVariables,
  INBOX_KEEP_MS: inboxKeepMs,
  TOMBSTONE_KEEP_MS: memoryMs.describe(
    'How long a reservation that ended without units is remembered, so that a late command for it is refused.',
  ),
});

export const inventoryConfig = settings
  .refine(...outlivesMessages('INBOX_KEEP_MS'))
  .refine(...outlivesMessages('TOMBSTONE_KEEP_MS'));

export type InventoryConfig = z.output<typeof inventoryConfig>;
