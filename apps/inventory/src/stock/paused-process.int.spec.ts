import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, resume, type TestRedis, testRedis } from '@ringshop/testing';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectRedis } from '../lock/redis-connection.ts';
import { type InventoryProcess, openProcesses, type Processes } from './processes.kit.ts';
import { full, newOrder, one, openShop, reserveStock, type Shop } from './shop.kit.ts';

const ttlMs = 5_000;
// Longer than any pause: the other process is to take over the lock, not the messages, whose repetition would be harmless anyway.
const patient = { LOCK_TTL_MS: String(ttlMs), KAFKA_SESSION_TIMEOUT_MS: '12000' };

let shop: Shop;
let server: TestRedis;
let redis: Redis;
let processes: Processes;

beforeAll(async () => {
  [shop, server] = await Promise.all([openShop(), testRedis()]);
  redis = connectRedis(server.url);
  await redis.connect();
  processes = await openProcesses({ databaseUrl: shop.url, redisUrl: server.url });
});
afterEach(() => processes.stopAll());
afterAll(async () => {
  await processes.close();
  redis.disconnect();
  await shop.close();
  await server.stop();
});

/** Enough of them to give every process some. */
async function reserve(sku: string): Promise<string[]> {
  const orders = Array.from({ length: 24 }, newOrder);
  await processes.send(orders.map((order) => reserveStock(order, [one(sku)])));
  return orders;
}

const answered = (orders: readonly string[]) => orders.every((order) => processes.answers.has(order));

async function expectSound(sku: string, orders: readonly string[]): Promise<void> {
  await eventually(() => answered(orders), { within: 30_000, what: 'an answer to every order' });
  for (const order of orders) expect(new Set(processes.answers.get(order))).toEqual(new Set(['stock-reserved']));
  expect(await shop.stock(sku)).toMatchObject({ held: orders.length, available: 1_000_000 - orders.length });
  expect(await shop.discrepancies()).toEqual([]);
}

/** What happened when, for people: docs/stock.md shows it. */
class Timeline {
  readonly #startedAt = performance.now();
  readonly #lines: string[] = [];

  note(who: string, what: string): void {
    this.#lines.push(
      `${String(Math.round(performance.now() - this.#startedAt)).padStart(6)} ms  ${who.padEnd(12)} ${what}`,
    );
  }

  print(title: string): void {
    if (full) process.stdout.write(`\n${title}\n${this.#lines.join('\n')}\n`);
  }
}

interface Token {
  epoch: number;
  n: number;
}
const text = ({ epoch, n }: Token) => `(${epoch}, ${n})`;
const isGreater = (one: Token, other: Token) =>
  one.epoch > other.epoch || (one.epoch === other.epoch && one.n > other.n);

describe('a process that holds a lock', () => {
  it.each([
    ['is stopped (16)', 'SKU-0400', 'stop', (holder: InventoryProcess) => resume(holder)],
    ['has its event loop blocked (17)', 'SKU-0401', `block:${ttlMs + 1_500}`, () => undefined],
  ])(
    '%s past its time, another takes over: the stale write is refused, and nothing is lost',
    async (title, sku, pause, wake) => {
      const lockKey = `inventory:{stock}:lock:${sku}`;
      const lastToken = async () => Number(await redis.hget('inventory:{stock}:tokens', lockKey));
      const timeline = new Timeline();
      const [holder] = await Promise.all([
        processes.start('inventory-1', { ...patient, RINGSHOP_FAILPOINTS: `lock.acquired=${pause}@1` }),
        processes.start('inventory-2', patient),
      ]);

      const orders = await reserve(sku);
      await holder.struck('lock.acquired');
      const stale = { epoch: Number(await redis.get('inventory:{stock}:epoch')), n: await lastToken() };
      timeline.note('inventory-1', `holds the lock of ${sku} with token ${text(stale)}; ${pause}`);
      if (pause === 'stop') await eventually(() => holder.isStopped());
      expect(await redis.exists(lockKey)).toBe(1);

      orders.push(...(await reserve(sku)));
      const taken = await eventually(
        async () => {
          const row = await shop.stock(sku);
          return isGreater(row, stale) ? row : undefined;
        },
        { every: 5, within: 20_000, what: 'the other to write' },
      );
      // Both take a time to live: the lock expires, or who waits for it passes it by.
      const how = taken.epoch === stale.epoch ? 'took the lock when it had expired' : 'passed the lock by';
      timeline.note('inventory-2', `${how}, and wrote with token ${text(taken)}`);
      wake(holder);
      if (pause === 'stop') timeline.note('inventory-1', 'SIGCONT: goes on as if nothing had happened');

      await eventually(() => holder.metric('inventory_fence_refused_total'), { what: 'the fence to refuse' });
      timeline.note('stock row', `refused token ${text(stale)}: it had seen ${text(taken)}`);
      await expectSound(sku, orders);
      const last = await shop.stock(sku);
      timeline.note('inventory-1', `did its batch again under a new lock; the row ends with token ${text(last)}`);
      timeline.print(`A process that ${title}`);
    },
  );
});

const awayMs = full ? 300_000 : 4_000;

it(`Redis is down for ${awayMs / 1_000} s: each process does what its fallback says, nothing queues, and the heap is flat`, {
  timeout: awayMs + 120_000,
}, async () => {
  const replicas = await Promise.all([
    processes.start('inventory-1', { STOCK_LOCK_FALLBACK: 'database' }),
    processes.start('inventory-2', { STOCK_LOCK_FALLBACK: 'refuse' }),
  ]);
  const load = new SteadyLoad();
  onTestFinished(() => load.stop());
  await eventually(() => load.orders.length > 200 && load.open() < 100, { within: 30_000 });
  const alone = () => sumOf(replicas, 'inventory_database_only_total');
  expect(load.told('stock-unavailable')).toBe(0);

  server.server.kill();
  const readings = await readWhile(awayMs, replicas, load);
  expect(await alone()).toBeGreaterThan(0);
  expect(load.told('stock-unavailable')).toBeGreaterThan(0);
  expect(readings.every(({ ready }) => ready)).toBe(true);
  // Two hundred orders a second: what waits is less than two seconds' worth at any time.
  expect(Math.max(...readings.map(({ open }) => open))).toBeLessThan(400);
  const [early, late] = [readings.slice(0, readings.length / 2), readings.slice(readings.length / 2)].map(lowestHeap);
  expect(late! / early!, 'heap that is left after a collection').toBeLessThan(1.25);

  await server.restart();
  await eventually(
    async () => {
      const before = [await alone(), load.told('stock-unavailable'), load.orders.length] as const;
      await eventually(() => load.orders.length > before[2] + 40);
      return (await alone()) === before[0] && load.told('stock-unavailable') === before[1];
    },
    { within: 10_000, what: 'the lock to be used again' },
  );
  await load.stop();
  await eventually(() => load.open() === 0, { within: 30_000 });
  const reserved = load.told('stock-reserved');
  expect(reserved + load.told('stock-unavailable')).toBe(load.orders.length);
  expect(await shop.stock('SKU-0410')).toMatchObject({ held: reserved, available: 1_000_000 - reserved });
  expect(await shop.discrepancies()).toEqual([]);
});

/** Orders at a fixed rate, whatever the answers do. */
class SteadyLoad {
  readonly orders: string[] = [];
  #sending: Promise<unknown> = Promise.resolve();
  readonly #timer = setInterval(() => {
    const orders = Array.from({ length: 10 }, newOrder);
    this.orders.push(...orders);
    this.#sending = Promise.all([
      this.#sending,
      processes.send(orders.map((order) => reserveStock(order, [one('SKU-0410')]))),
    ]);
  }, 50);

  /** Orders without an answer. */
  open(): number {
    return this.orders.filter((order) => !processes.answers.has(order)).length;
  }

  /** Orders whose first answer was this. */
  told(name: string): number {
    return this.orders.filter((order) => processes.answers.get(order)?.[0] === name).length;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
  }
}

interface Reading {
  ready: boolean;
  open: number;
  heap: number;
}

async function readWhile(ms: number, replicas: InventoryProcess[], load: SteadyLoad): Promise<Reading[]> {
  const readings: Reading[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const ready = await Promise.all(replicas.map((replica) => replica.isReady()));
    const heap = await sumOf(replicas, 'nodejs_heap_used_bytes');
    readings.push({ ready: ready.every(Boolean), open: load.open(), heap });
    await sleep(100);
  }
  return readings;
}

const lowestHeap = (readings: Reading[]) => Math.min(...readings.map(({ heap }) => heap));

async function sumOf(replicas: InventoryProcess[], metric: string): Promise<number> {
  const values = await Promise.all(replicas.map((replica) => replica.metric(metric)));
  return values.reduce((sum, value) => sum + value, 0);
}
