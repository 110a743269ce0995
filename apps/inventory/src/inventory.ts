import { inventoryCommandsTopic } from '@ringshop/contracts';
import { createKafka, KafkaBatchServer, Outbox, Purge, Relay } from '@ringshop/messaging';
import {
  assertMigrated,
  createPool,
  type Health,
  type Logger,
  openRedis,
  Periodic,
  Principals,
  type Redis,
  type Shutdown,
} from '@ringshop/service-defaults';
import type { InventoryConfig } from './config.ts';
import { LockEpoch } from './lock/lock-epoch.ts';
import { connectRedis } from './lock/redis-connection.ts';
import { RedisLock } from './lock/redis-lock.ts';
import { migrations } from './migrations/index.ts';
import { createCatalogue } from './products/catalogue.ts';
import { purgeRules } from './purge-rules.ts';
import { ExpirySweep } from './stock/expiry.ts';
import { StockCommands } from './stock/stock-commands.ts';
import { StockCount } from './stock/stock-count.ts';
import { type Protection, StockGuard } from './stock/stock-guard.ts';

export type Inventory = ReturnType<typeof createInventory>;

/** One replica of inventory: its objects, and what its host does with them. */
export function createInventory(config: InventoryConfig, logger: Logger) {
  const parts = wire(config, logger);
  return {
    ...parts,
    /** @throws when this replica must not start */
    start: () => start(parts),
    report: (health: Health) => report(parts, health),
    endWith: (shutdown: Shutdown) => endWith(parts, shutdown),
  };
}

type Parts = ReturnType<typeof wire>;

/** By hand: who needs what is read here from top to bottom. */
function wire(config: InventoryConfig, logger: Logger) {
  const pool = createPool(config.DATABASE_URL, { max: 6, name: config.NAME, logger });
  const catalogue = createCatalogue({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    ttlMs: config.PRODUCT_CACHE_TTL_MS,
    name: config.NAME,
    logger,
  });
  const redis = config.STOCK_LOCK === 'redis' ? connectRedis(config.REDIS_URL, { logger }) : undefined;
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: config.NAME, logger });
  const relay = new Relay({ kafka, pool, logger, sweepMs: config.OUTBOX_SWEEP_MS, maxProduce: config.BATCH_MAX });
  const outbox = new Outbox({ pool, relay });
  const epoch = new LockEpoch(pool);
  const protection = protectionOf(config, epoch, redis);
  const guard = new StockGuard({ outbox, epoch, protection, logger, committed: catalogue.committed });
  const commands = new StockCommands({ pool, guard, holdMs: config.HOLD_MS });
  const overdue = new ExpirySweep({ pool, guard });
  const expiry = new Periodic({
    everyMs: config.EXPIRY_SWEEP_MS,
    what: 'the sweep of overdue reservations',
    logger,
    work: () => overdue.sweep(),
  });
  const stockCount = new StockCount(guard);
  const principals = new Principals(config.INTERNAL_CALL_KEYS);
  const consumer = new KafkaBatchServer({
    kafka,
    groupId: 'inventory',
    topics: [inventoryCommandsTopic],
    probe: () => pool.query('SELECT'),
    logger,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    maxBatch: config.BATCH_MAX,
  });
  const purge = new Purge({ pool, logger, everyMs: config.PURGE_EVERY_MS, rules: purgeRules(config) });
  const { products } = catalogue;
  return { pool, catalogue, products, redis, relay, guard, commands, expiry, stockCount, principals, consumer, purge };
}

async function start({ pool, catalogue, redis, relay, expiry, purge }: Parts): Promise<void> {
  await assertMigrated(pool, migrations);
  await catalogue.start();
  if (redis) await openRedis(redis);
  relay.start();
  expiry.start();
  purge.start();
}

function report({ consumer, guard, relay }: Parts, health: Health): void {
  health.register('relay', { note: relay.note });
  health.register('stock', { note: guard.note });
  health.register('commands', { live: consumer.live, ready: consumer.ready, note: consumer.note });
}

function endWith({ pool, catalogue, redis, relay, expiry, purge }: Parts, shutdown: Shutdown): void {
  shutdown.register('consumers', 'expiry sweep', () => expiry.stop());
  shutdown.register('consumers', 'purging', () => purge.stop());
  shutdown.register('relay', 'relay', () => relay.stop());
  shutdown.register('pools', 'redis', () => redis?.disconnect());
  shutdown.register('pools', 'catalogue', () => catalogue.stop());
  shutdown.register('pools', 'pool', () => pool.end());
}

function protectionOf(config: InventoryConfig, epoch: LockEpoch, redis: Redis | undefined): Protection {
  const { STOCK_LOCK: by, STOCK_LOCK_FALLBACK: whileAway, LOCK_TTL_MS: ttlMs } = config;
  if (!redis || by !== 'redis') return { by: by === 'none' ? 'none' : 'database' };
  return { by, lock: new RedisLock({ redis, epoch, name: config.NAME }), ttlMs, whileAway };
}
