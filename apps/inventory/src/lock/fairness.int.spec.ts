import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '@ringshop/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CreateLockEpoch1763683200003 } from '../migrations/1763683200003-create-lock-epoch.ts';
import { LockEpoch } from './lock-epoch.ts';
import { OneGroupLock } from './one-group-lock.kit.ts';
import { connectRedis } from './redis-connection.ts';

let server: TestRedis;
let database: TestDatabase;
let redis: Redis;
let lock: OneGroupLock;

beforeAll(async () => {
  [server, database] = await Promise.all([testRedis(), testDatabase()]);
  await new CreateLockEpoch1763683200003().up({ query: (sql: string) => database.pool.query(sql) } as never);
  redis = connectRedis(server.url);
  await redis.connect();
});
beforeEach(async () => {
  await redis.flushall();
  lock = new OneGroupLock({ redis, epoch: new LockEpoch(database.pool), waitMs: 5_000 });
});
afterAll(async () => {
  redis.disconnect();
  await Promise.all([server.stop(), database.drop()]);
});

const many = Array.from({ length: 20 }, (_, index) => `SKU-${index}`);
const some = () => many.toSorted(() => Math.random() - 0.5).slice(0, 1 + Math.floor(Math.random() * 3));
const nothing = async () => undefined;
const turns = process.env.RINGSHOP_TEST_SIZE === 'full' ? 200 : 20;

it(`gives one that wants 20 SKUs its turn among eight that want 1 to 3 of them all the time, ${turns} times`, {
  timeout: 120_000,
}, async () => {
  const competitors = 8;
  let stopped = false;
  let grants = 0;
  const hammer = async () => {
    while (!stopped) {
      await lock.using(some(), 10_000, async () => {
        grants++;
        await sleep(3);
      });
    }
  };
  const hammers = Array.from({ length: competitors }, hammer);
  const overtaken: number[] = [];
  const waited: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const [startedAt, before] = [performance.now(), grants];
    // Long refused when nobody keeps the turn of who waits: all 20 are hardly ever free at the same moment.
    await lock.using(many, 10_000, async () => {
      waited.push(performance.now() - startedAt);
      overtaken.push(grants - before);
    });
    await sleep(5);
  }
  stopped = true;
  await Promise.all(hammers);
  const measured = `waited ${waited.map(Math.round)} ms; meanwhile granted to others: ${overtaken}`;
  // At most eight have waited longer. Each is first for one hold and one poll, 13 ms at most, in which the others may
  // take what it does not want.
  expect(Math.max(...waited), measured).toBeLessThan(1_000);
  expect(Math.max(...overtaken), measured).toBeLessThan(competitors * competitors);
  expect(grants, 'and the others went on').toBeGreaterThan(turns);
});

it('lets all of a crowd through that wants the same, nobody a second time before everybody once', async () => {
  const crowd = 12;
  const order: number[] = [];
  const one = async (who: number) => {
    for (let turn = 0; turn < 5; turn++) {
      await lock.using(['A', `own-${who}`], 10_000, async () => {
        order.push(who);
        await sleep(1);
      });
    }
  };
  await Promise.all(Array.from({ length: crowd }, (_, who) => one(who)));
  const gaps = order.map((who, at) => order.indexOf(who, at + 1) - at).filter((gap) => gap > 0);
  // Who has just released may come back into a lock that nobody is registered for yet; not past one that waits.
  expect(Math.max(...gaps), `turns: ${order}`).toBeLessThanOrEqual(2 * crowd);
});

it('does not wait for a waiter that is gone, nor for one whose time lies ahead because a clock was set back', async () => {
  const wants = JSON.stringify({ at: 0, locks: ['inventory:{stock}:lock:A'] });
  const ahead = JSON.stringify({ at: Date.now() + 3_600_000, locks: ['inventory:{stock}:lock:A'] });
  for (const [waiter, want] of Object.entries({ gone: wants, ahead })) {
    await redis.zadd('inventory:{stock}:waiters', 1, waiter);
    await redis.hset('inventory:{stock}:wanted', waiter, want);
    const startedAt = performance.now();
    await lock.using(['A'], 10_000, nothing);
    expect(performance.now() - startedAt, waiter).toBeLessThan(500);
    expect(await redis.zcard('inventory:{stock}:waiters')).toBe(0);
  }
});

it('keeps the turn of a batch from round to round, and of nobody that has left', async () => {
  const waiter = randomUUID();
  await lock.using(['B'], 10_000, async () => {
    const first = { groups: [['A'], ['A', 'B'], ['C']], ttlMs: 10_000, waiter, waitMs: 1_000 };
    await lock.usingFree(first, async (_signal, tokens, granted) => {
      expect(granted).toEqual([0, 2]);
      expect([...tokens.keys()]).toEqual(['A', 'C']);
    });
    const impatient = new OneGroupLock({ redis, epoch: new LockEpoch(database.pool), waitMs: 50 });
    await expect(impatient.using(['A'], 10_000, nothing), 'A is free, and spoken for').rejects.toThrow('stayed taken');
    await impatient.using(['C'], 10_000, nothing);
  });
  await lock.usingFree({ groups: [['A', 'B']], ttlMs: 10_000, waiter, waitMs: 1_000 }, nothing);
  expect(await redis.zcard('inventory:{stock}:waiters'), 'nobody waits any more').toBe(0);
  expect(await redis.hlen('inventory:{stock}:wanted')).toBe(0);
});
