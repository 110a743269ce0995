import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FaultProxy,
  faultProxy,
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '@ringshop/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CreateLockEpoch1763683200003 } from '../migrations/1763683200003-create-lock-epoch.ts';
import { FenceRefused } from './fencing.ts';
import { LockEpoch } from './lock-epoch.ts';
import { OneGroupLock } from './one-group-lock.kit.ts';
import { connectRedis } from './redis-connection.ts';
import { LockBusy, LockUnavailable } from './redis-lock.ts';

let server: TestRedis;
let database: TestDatabase;
let redis: Redis;
let proxy: FaultProxy;
let epoch: LockEpoch;
let lock: OneGroupLock;

beforeAll(async () => {
  [server, database] = await Promise.all([testRedis(), testDatabase()]);
  await new CreateLockEpoch1763683200003().up({ query: (sql: string) => database.pool.query(sql) } as never);
  proxy = await faultProxy(server.url);
  redis = connectRedis(server.url);
  await redis.connect();
  epoch = new LockEpoch(database.pool);
});

beforeEach(async () => {
  await redis.flushall();
  lock = new OneGroupLock({ redis, epoch, waitMs: 500 });
});

afterAll(async () => {
  redis.disconnect();
  await proxy.close();
  await Promise.all([server.stop(), database.drop()]);
});

const lockOf = (name: string) => `inventory:{stock}:lock:${name}`;
const nothing = async () => undefined;

describe('a lock over several names', () => {
  it('is all or nothing', async () => {
    await lock.using(['B'], 10_000, async () => {
      await expect(lock.using(['A', 'B', 'C'], 10_000, nothing)).rejects.toThrow(LockBusy);
      expect(await redis.exists(lockOf('A'), lockOf('C'))).toBe(0);
    });
    await lock.using(['A', 'B', 'C'], 10_000, async (_signal, tokens) => {
      expect([...tokens.keys()]).toEqual(['A', 'B', 'C']);
    });
  });

  it('is released when the work fails', async () => {
    await expect(lock.using(['A'], 10_000, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(await redis.exists(lockOf('A'))).toBe(0);
  });

  it('is taken by one at a time, each with a greater token', async () => {
    let inside = 0;
    const seen: number[] = [];
    const patient = new OneGroupLock({ redis, epoch, waitMs: 10_000 });
    const enter = () =>
      patient.using(['A'], 10_000, async (_signal, tokens) => {
        expect(++inside).toBe(1);
        seen.push(tokens.get('A')!.n);
        await sleep(2);
        inside--;
      });
    await Promise.all(Array.from({ length: 20 }, enter));
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('is kept for as long as the work takes', async () => {
    await lock.using(['A'], 800, async (signal) => {
      await sleep(1_500);
      expect(signal.aborted).toBe(false);
      expect(await redis.exists(lockOf('A'))).toBe(1);
    });
  });

  it('tells its holder within half its time when it cannot be extended', async () => {
    const cut = connectRedis(proxy.through(server.url));
    cut.on('error', () => undefined);
    await cut.connect();
    await new OneGroupLock({ redis: cut, epoch }).using(['A'], 1_000, async (signal) => {
      await proxy.refuse();
      const startedAt = performance.now();
      while (!signal.aborted) await sleep(5);
      expect(performance.now() - startedAt).toBeLessThan(900);
      expect(await redis.exists(lockOf('A')), 'and Redis has not given it away yet').toBe(1);
    });
    cut.disconnect();
    await proxy.pass();
  });

  it('tells its holder when another one has it', async () => {
    await lock.using(['A'], 1_500, async (signal) => {
      await redis.set(lockOf('A'), 'somebody else');
      while (!signal.aborted) await sleep(5);
      expect(String(signal.reason)).toContain('another request holds it');
    });
    expect(await redis.get(lockOf('A')), 'which is left alone').toBe('somebody else');
  });
});

describe('when an answer of Redis is lost (22)', () => {
  it('recognises its own lock and does not wait for itself', async () => {
    const cut = connectRedis(proxy.through(server.url), { commandTimeoutMs: 100 });
    cut.on('error', () => undefined);
    await cut.connect();
    const behind = new OneGroupLock({ redis: cut, epoch });
    await behind.using(['A'], 10_000, nothing);
    const dropped = proxy.counts.droppedReplies;
    proxy.dropReplies();
    const healed = sleep(50).then(() => proxy.pass());
    const startedAt = performance.now();
    await behind.using(['A', 'B'], 10_000, async (_signal, tokens) => {
      expect(tokens.get('A')?.n, 'no second token for the same request').toBe(2);
    });
    await healed;
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(proxy.counts.droppedReplies).toBeGreaterThan(dropped);
    cut.disconnect();
  });

  it('recognises what it was granted of several groups, and takes no more tokens for it', async () => {
    const cut = connectRedis(proxy.through(server.url), { commandTimeoutMs: 100 });
    await cut.connect();
    const behind = new OneGroupLock({ redis: cut, epoch });
    await behind.using(['A', 'C'], 10_000, nothing);
    const dropped = proxy.counts.droppedReplies;
    await lock.using(['B'], 10_000, async () => {
      proxy.dropReplies();
      const healed = sleep(50).then(() => proxy.pass());
      const request = { groups: [['A'], ['A', 'B'], ['C']], ttlMs: 10_000, waiter: 'w', waitMs: 1_000 };
      await behind.usingFree(request, async (_signal, tokens, granted) => {
        expect(granted).toEqual([0, 2]);
        expect([...tokens].map(([name, { n }]) => [name, n])).toEqual([
          ['A', 2],
          ['C', 2],
        ]);
      });
      await healed;
    });
    await behind.leave('w');
    expect(proxy.counts.droppedReplies).toBeGreaterThan(dropped);
    cut.disconnect();
  });

  it('says unavailable within a bounded time when no answer comes at all', async () => {
    const cut = connectRedis(proxy.through(server.url), { commandTimeoutMs: 100 });
    cut.on('error', () => undefined);
    await cut.connect();
    proxy.dropReplies();
    const startedAt = performance.now();
    const behind = new OneGroupLock({ redis: cut, epoch, reconnectMs: 200 });
    await expect(behind.using(['A'], 10_000, nothing)).rejects.toThrow(LockUnavailable);
    await expect(behind.using(['A'], 10_000, nothing), 'and at once while it is away').rejects.toThrow(LockUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await proxy.pass();
    cut.disconnect();
  });
});

describe('the epoch', () => {
  it('rises when Redis lost its memory, so that tokens keep growing', async () => {
    const tokens: { epoch: number; n: number }[] = [];
    const note = async () => lock.using(['A'], 10_000, async (_signal, given) => void tokens.push(given.get('A')!));
    await note();
    await note();
    await redis.flushall();
    await note();
    expect(tokens.map(({ n }) => n)).toEqual([1, 2, 1]);
    expect(tokens[2]!.epoch).toBeGreaterThan(tokens[1]!.epoch);
  });

  it('rises when names that nobody sells have filled the tokens: Redis forgets them, and no lock that is held', async () => {
    await lock.using(['A'], 10_000, nothing);
    const before = await epoch.current();
    await lock.using(['B'], 10_000, async (signal) => {
      // In pieces: each is one command, which has its time like every other one.
      const fill = "for i = 1, 10000 do redis.call('HSET', KEYS[1], 'nothing-' .. ARGV[1] .. i, 1) end";
      for (let n = 0; n < 10; n += 1) await redis.eval(fill, 1, 'inventory:{stock}:tokens', `${n}-`);
      await lock.using(['A'], 10_000, async (_signal, tokens) => {
        expect(tokens.get('A')).toEqual({ epoch: before + 1, n: 1 });
      });
      expect(await redis.hlen('inventory:{stock}:tokens')).toBe(1);
      await expect(lock.using(['B'], 10_000, nothing), 'its holder still has it').rejects.toThrow(LockBusy);
      expect(signal.aborted).toBe(false);
    });
  });

  it('rises when the fence refuses a holder whose lock is its own', async () => {
    const before = await epoch.current();
    await lock.using(['A'], 10_000, nothing);
    const refused = lock.using(['A'], 10_000, () => Promise.reject(new FenceRefused('a row has seen this token')));
    await expect(refused).rejects.toThrow(FenceRefused);
    await lock.using(['A'], 10_000, async (_signal, tokens) => {
      expect(tokens.get('A')!.epoch).toBe(before + 2);
    });
  });

  it('stays when the fence refuses a holder that had lost its lock', async () => {
    await lock.using(['A'], 10_000, nothing);
    const before = await epoch.current();
    const stale = lock.using(['A'], 10_000, async () => {
      await redis.set(lockOf('A'), 'somebody else');
      throw new FenceRefused('a later holder has written');
    });
    await expect(stale).rejects.toThrow(FenceRefused);
    expect(await epoch.current()).toBe(before);
  });

  it('is raised once for one loss, also by a replica that comes when it has been raised', async () => {
    const before = await epoch.current();
    for (const memory of ['m1', 'm1', 'm2', 'm2', 'm2'])
      expect(await epoch.forMemory(memory)).toBe(before + Number(memory.at(-1)));
  });

  it('is not told to a Redis that has lost its memory again since it was raised', async () => {
    await redis.nameMemory('inventory:{stock}:memory', 'second');
    expect(await redis.raiseEpoch('inventory:{stock}:epoch', 'inventory:{stock}:memory', 7, 'first')).toBe(0);
    expect(await redis.raiseEpoch('inventory:{stock}:epoch', 'inventory:{stock}:memory', 7, 'second')).toBe(7);
  });

  it('is raised once by replicas that see the same loss', async () => {
    const seen = await epoch.current();
    const raised = await Promise.all(Array.from({ length: 8 }, () => epoch.raiseAbove(seen)));
    expect(new Set(raised)).toEqual(new Set([seen + 1]));
  });
});
