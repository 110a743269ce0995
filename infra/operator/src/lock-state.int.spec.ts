import { readFileSync } from 'node:fs';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '@ringshop/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './databases.ts';
import { lockKeys, readLockState } from './lock-state.ts';

const inventory = (file: string) =>
  readFileSync(new URL(`../../../apps/inventory/src/lock/${file}`, import.meta.url), 'utf8');

let server: TestRedis;
let database: TestDatabase;
let redis: Redis;
let books: Database;

beforeAll(async () => {
  [server, database] = await Promise.all([testRedis(), testDatabase()]);
  await database.pool.query(`
    CREATE TABLE lock_epoch (epoch bigint NOT NULL);
    INSERT INTO lock_epoch VALUES (7);
    CREATE TABLE stock (sku text PRIMARY KEY, fence_epoch bigint NOT NULL, fence_n bigint NOT NULL);
    INSERT INTO stock VALUES ('A', 7, 1), ('B', 6, 40), ('C', 0, 0)`);
  redis = new Redis(server.url);
  const url = new URL(database.url);
  books = new Database(database.url, url.pathname.slice(1));
});

beforeEach(async () => {
  await redis.flushall();
});

afterAll(async () => {
  redis.disconnect();
  await books.close();
  await Promise.all([server.stop(), database.drop()]);
});

/** As inventory takes them, by its own script: all or none. */
async function take(request: string, ...skus: string[]): Promise<void> {
  const { epoch, tokens, waiters, wanted, lock } = lockKeys;
  const keys = [epoch, 'inventory:{stock}:memory', tokens, waiters, wanted, ...skus.map((sku) => lock + sku)];
  const group = JSON.stringify([skus.map((_, index) => index + 1)]);
  await redis.eval(
    inventory('acquire.lua'),
    keys.length,
    ...keys,
    request,
    60_000,
    `waiter of ${request}`,
    1_000,
    group,
  );
}

describe('the state of the stock lock', () => {
  it('names its keys as inventory does', () => {
    const source = inventory('redis-lock.ts');
    const { lock, ...others } = lockKeys;
    for (const key of Object.values(others)) expect(source).toContain(`'${key}'`);
    expect(source).toContain(`\`${lock}\${name}\``);
  });

  it('tells who holds what, for how long yet, and with which token', async () => {
    await redis.set(lockKeys.epoch, 7);
    await take('first', 'A', 'B');
    const { epoch, known, locks } = await readLockState(redis, books, []);
    expect(epoch).toEqual({ redis: 7, postgres: 7 });
    expect(known).toBe(2);
    expect(locks).toMatchObject([
      { sku: 'A', holder: 'first', lastN: 1, written: { epoch: 7, n: 1 } },
      { sku: 'B', holder: 'first', lastN: 1, written: { epoch: 6, n: 40 } },
    ]);
    expect(locks[0]!.leftMs).toBeGreaterThan(50_000);
    expect(locks[0]!.leftMs).toBeLessThanOrEqual(60_000);
  });

  it('tells who waits, in turn, and what for', async () => {
    await redis.set(lockKeys.epoch, 7);
    await take('first', 'A', 'B');
    await take('second', 'B', 'C');
    await take('third', 'B');
    const { locks, waiters } = await readLockState(redis, books, []);
    expect(locks).toMatchObject([
      { sku: 'A', waiting: 0 },
      { sku: 'B', waiting: 2 },
    ]);
    expect(waiters).toEqual([
      { name: 'waiter of second', skus: ['B', 'C'] },
      { name: 'waiter of third', skus: ['B'] },
    ]);
  });

  it('passes over a waiter that has not asked for a second', async () => {
    await redis.zadd(lockKeys.waiters, 1, 'dead');
    await redis.hset(lockKeys.wanted, 'dead', JSON.stringify({ at: Date.now() - 1_000, locks: [`${lockKeys.lock}A`] }));
    expect((await readLockState(redis, books, [])).waiters).toEqual([]);
  });

  it('is empty when nothing is held, whatever else is in Redis', async () => {
    await redis.set(lockKeys.epoch, 7);
    await redis.mset('inventory:product:A', 1, 'inventory:{stock}:lockless', 1);
    expect((await readLockState(redis, books, [])).locks).toEqual([]);
  });

  it('tells of a free SKU when asked for it, and of one that nobody has heard of', async () => {
    await redis.set(lockKeys.epoch, 7);
    await take('first', 'A');
    expect((await readLockState(redis, books, ['C', 'X'])).locks).toMatchObject([
      { sku: 'A', holder: 'first' },
      { sku: 'C', holder: null, leftMs: null, lastN: null, written: { epoch: 0, n: 0 } },
      { sku: 'X', holder: null, lastN: null, written: null },
    ]);
  });

  it('says that Redis has no epoch when it lost its memory', async () => {
    expect((await readLockState(redis, books, [])).epoch).toEqual({ redis: null, postgres: 7 });
  });
});
