import { randomUUID } from 'node:crypto';
import { type CloudEvent, cloudEventOf, type Line } from '@ringshop/contracts';
import { createKafka, type Incoming, Outbox, Relay } from '@ringshop/messaging';
import { createPool, isTransient, type Logger, openRedis, registry } from '@ringshop/service-defaults';
import { testDatabase, testRedis } from '@ringshop/testing';
import { DataSource } from 'typeorm';
import { LockEpoch } from '../lock/lock-epoch.ts';
import { connectRedis } from '../lock/redis-connection.ts';
import { RedisLock } from '../lock/redis-lock.ts';
import { migrations } from '../migrations/index.ts';
import { ExpirySweep } from './expiry.ts';
import type { StockWritten } from './stock-change.ts';
import { StockCommands } from './stock-commands.ts';
import { StockCount } from './stock-count.ts';
import { type Protection, StockGuard } from './stock-guard.ts';

export const full = process.env.RINGSHOP_TEST_SIZE === 'full';

export interface Answer {
  orderId: string;
  name: string;
  data: unknown;
}

export type Shop = Awaited<ReturnType<typeof openShop>>;
export type Replica = Awaited<ReturnType<Shop['replica']>>;

/** A migrated database with its catalogue, a Redis, and as many replicas of the service as a test wants. */
export async function openShop() {
  const [database, redis] = await Promise.all([testDatabase({ max: 4 }), testRedis()]);
  const setup = new DataSource({ type: 'postgres', url: database.url, migrations });
  await setup.initialize();
  await setup.runMigrations();
  await setup.destroy();
  const admin = connectRedis(redis.url);
  await admin.connect();
  const replicas: { close(): Promise<void> }[] = [];
  const { pool } = database;

  return {
    url: database.url,
    redis: { url: redis.url, flush: () => admin.flushall() },
    pool,
    /** `lock` is what STOCK_LOCK says; `redisUrl` may lead through a proxy. */
    async replica(options: ReplicaOptions = {}) {
      const replica = await startReplica(database.url, { redisUrl: redis.url, ...options });
      replicas.push(replica);
      return replica;
    },
    async stock(sku: string) {
      const { rows } = await pool.query(
        `SELECT available, held, sold::int, fence_epoch::int AS epoch, fence_n::int AS n FROM stock WHERE sku = $1`,
        [sku],
      );
      return rows[0] as { available: number; held: number; sold: number; epoch: number; n: number };
    },
    async stateOf(orderId: string) {
      const { rows } = await pool.query('SELECT state FROM reservations WHERE order_id = $1', [orderId]);
      return rows[0]?.state as string | undefined;
    },
    /** Every answer so far, in the order of its transaction: what is in the outbox is what would reach Kafka. */
    async answers(): Promise<Answer[]> {
      const { rows } = await pool.query<{ messages: { event: CloudEvent }[] }>(
        'SELECT messages FROM outbox ORDER BY id',
      );
      return rows.flatMap(({ messages }) =>
        messages.map(({ event }) => ({
          orderId: event.subject,
          name: event.type.replace(/^ringshop\.|\.v1$/g, ''),
          data: event.data,
        })),
      );
    },
    async answerNames(): Promise<string[]> {
      return (await this.answers()).map(({ name }) => name);
    },
    /** From here on only what is answered next. */
    async forgetAnswers(): Promise<void> {
      await pool.query('DELETE FROM outbox');
    },
    /** What the ledger tells of one SKU, oldest first: kind, and by how much available, held and sold changed. */
    async entriesOf(sku: string) {
      const { rows } = await pool.query<{ entry: [string, number, number, number] }>(
        `SELECT json_build_array(kind, e.available, e.held, e.sold) AS entry
         FROM stock_ledger, unnest(skus, stock_ledger.available, stock_ledger.held, stock_ledger.sold)
           AS e(sku, available, held, sold)
         WHERE e.sku = $1 ORDER BY id`,
        [sku],
      );
      return rows.map(({ entry }) => entry);
    },
    /** I1: SKUs whose stock is not what the ledger adds up to, or not what the reservations say. */
    async discrepancies() {
      const { rows } = await pool.query(
        `WITH reserved AS (
           SELECT line->>'sku' AS sku,
             coalesce(sum((line->>'quantity')::int) FILTER (WHERE state = 'HELD'), 0) AS held,
             coalesce(sum((line->>'quantity')::int) FILTER (WHERE state = 'COMMITTED'), 0) AS sold
           FROM reservations, jsonb_array_elements(lines) AS line GROUP BY 1
         ), booked AS (
           SELECT e.sku, sum(e.available) AS available, sum(e.held) AS held, sum(e.sold) AS sold,
             sum(e.available) FILTER (WHERE kind IN ('initial', 'restock', 'write-off')) AS units
           FROM stock_ledger, unnest(skus, stock_ledger.available, stock_ledger.held, stock_ledger.sold)
             AS e(sku, available, held, sold) GROUP BY 1
         )
         SELECT sku FROM stock FULL JOIN booked USING (sku) FULL JOIN reserved USING (sku)
         WHERE (stock.available, stock.held, stock.sold) IS DISTINCT FROM (booked.available, booked.held, booked.sold)
            OR units <> stock.available + stock.held + stock.sold
            OR stock.held <> coalesce(reserved.held, 0) OR stock.sold <> coalesce(reserved.sold, 0)`,
      );
      return rows as { sku: string }[];
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      admin.disconnect();
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

export const anOperator = randomUUID();

interface ReplicaOptions {
  lock?: Protection['by'];
  /** STOCK_LOCK_FALLBACK. */
  whileAway?: 'database' | 'refuse';
  logger?: Logger;
  redisUrl?: string;
  holdMs?: number;
  ttlMs?: number;
  committed?: (rows: readonly StockWritten[]) => void;
}

async function startReplica(databaseUrl: string, options: ReplicaOptions & { redisUrl: string }) {
  const { lock = 'redis', whileAway = 'database', redisUrl, logger } = options;
  const { holdMs = 60_000, ttlMs = 10_000 } = options;
  const pool = createPool(databaseUrl, { max: 4 });
  // Keeps nothing in memory: all messages stay in the table, where the test reads them.
  const relay = new Relay({ kafka: createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }), pool, maxHeld: 0 });
  const outbox = new Outbox({ pool, relay });
  const epoch = new LockEpoch(pool);
  const redis = lock === 'redis' ? connectRedis(redisUrl, { commandTimeoutMs: 200 }) : undefined;
  if (redis) await openRedis(redis);
  const protection: Protection = redis
    ? { by: 'redis', lock: new RedisLock({ redis, epoch }), ttlMs, whileAway }
    : { by: lock as 'database' | 'none' };
  const guard = new StockGuard({ outbox, epoch, protection, logger, committed: options.committed });
  const stockCount = new StockCount(guard);
  return {
    pool,
    redis,
    guard,
    outbox,
    epoch,
    commands: new StockCommands({ pool, guard, holdMs }),
    expiry: new ExpirySweep({ pool, guard }),
    stockCount,
    /** Sets what is available, as an operator does. */
    count: { set: (sku: string, quantity: number) => stockCount.set(sku, quantity, anOperator) },
    async close() {
      redis?.disconnect();
      await pool.end();
    },
  };
}

interface Options {
  expectedTotal?: number;
  expiresAt?: Date;
}

export const newOrder = () => randomUUID();

export function reserveStock(orderId: string, lines: Line[], { expectedTotal, expiresAt }: Options = {}): Incoming {
  const expected = expectedTotal === undefined ? {} : { expectedTotal: { amount: expectedTotal, currency: 'EUR' } };
  return command('reserve-stock', orderId, { lines, ...expected }, expiresAt);
}
export const releaseStock = (orderId: string) => command('release-stock', orderId, {});
export const commitStock = (orderId: string) => command('commit-stock', orderId, {});
export const returnStock = (orderId: string) => command('return-stock', orderId, {});

function command(name: string, subject: string, data: unknown, expiresAt?: Date): Incoming {
  const about = { name, subject, data, source: '/order/test', replyto: 'order.replies.test' };
  const event = cloudEventOf({ ...about, expiresat: expiresAt?.toISOString() });
  return { name, event, topic: 'inventory.commands', partition: 0, offset: '0', attempt: 1 };
}

export const one = (sku: string, quantity = 1): Line => ({ sku, quantity });

/** One unit, for an order of its own. */
export const reserveOne = (replica: Replica, sku: string) =>
  replica.commands.handle([reserveStock(newOrder(), [one(sku)])]);

/** As a consumer does it: what may pass is delivered again. */
export async function delivered(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      return void (await work());
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }
}

/** Each replica works its share off in batches of random size, as its partitions would give it. */
export async function handleAll(
  replicas: readonly Replica[],
  messages: readonly Incoming[],
  largest = 40,
): Promise<void> {
  const shares = replicas.map((_, index) => messages.filter((__, at) => at % replicas.length === index));
  const work = async ({ commands }: Replica, share: Incoming[]) => {
    while (share.length > 0) await commands.handle(share.splice(0, 1 + Math.floor(Math.random() * largest)));
  };
  await Promise.all(replicas.map((replica, index) => work(replica, shares[index]!)));
}

/** How many of these orders' answers there were of each name. */
export async function answersTo(shop: Shop, orders: readonly string[]): Promise<Record<string, number>> {
  const wanted = new Set(orders);
  const counts: Record<string, number> = {};
  for (const { orderId, name } of await shop.answers()) if (wanted.has(orderId)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What a metric of this process adds up to, over all its labels. */
export async function count(metric: string): Promise<number> {
  const { values } = await registry.getSingleMetric(metric)!.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
