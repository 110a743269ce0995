import { type TestRedis, testRedis } from '@ringshop/testing';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from './redis-connection.ts';

const steps = process.env.RINGSHOP_TEST_SIZE === 'full' ? 100_000 : 3_000;

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await testRedis();
  redis = connectRedis(server.url);
  await redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const key = (name: string) => `inventory:{stock}:${name}`;
const lockOf = (name: string) => key(`lock:${name}`);
const names = ['A', 'B', 'C'];
const patienceMs = 60_000;

/** What the scripts promise, in a few lines: who holds what, the last token of each, and who waits for what in which order. */
class Model {
  readonly owner = new Map<string, string>();
  readonly last = new Map<string, number>();
  /** In the order of their turns. */
  readonly waiting = new Map<string, Set<string>>();

  /** @returns for each name its token, or 0 */
  acquire(request: string, waiter: string, groups: readonly (readonly string[])[]): number[] {
    const [first] = this.waiting.entries().next().value ?? [];
    const spokenFor = first === undefined || first === waiter ? undefined : this.waiting.get(first);
    const own = (name: string) => this.owner.get(name) === request;
    const free = (name: string) => own(name) || (!this.owner.has(name) && !spokenFor?.has(name));
    const granted = new Set(groups.filter((group) => group.every(free)).flat());
    const missing = new Set(groups.filter((group) => !group.every(free)).flat());
    if (missing.size > 0) this.waiting.set(waiter, missing);
    else this.waiting.delete(waiter);
    return asked(groups).map((name) => {
      if (!granted.has(name)) return 0;
      if (!own(name)) this.last.set(name, (this.last.get(name) ?? 0) + 1);
      this.owner.set(name, request);
      return this.last.get(name)!;
    });
  }
}

const asked = (groups: readonly (readonly string[])[]) => [...new Set(groups.flat())].sort();

async function acquire(request: string, waiter: string, groups: readonly (readonly string[])[]): Promise<number[]> {
  const sorted = asked(groups);
  const positions = JSON.stringify(groups.map((group) => group.map((name) => sorted.indexOf(name) + 1)));
  const keys = ['epoch', 'memory', 'tokens', 'waiters', 'wanted'].map(key).concat(sorted.map(lockOf));
  const [, , ...tokens] = await redis.acquireLocks(
    keys.length,
    ...keys,
    request,
    60_000,
    waiter,
    patienceMs,
    positions,
  );
  return tokens.map(Number);
}

describe('the scripts', () => {
  /** Three requests, three names. Expiry is played by deleting, as Redis does it: whoever comes next finds nothing. */
  it(`never take a lock from its owner, hand a token out twice, tear a group, or pass by the first in the queue (23; ${steps} steps)`, {
    timeout: 900_000,
  }, async () => {
    const request = fc.constantFrom('r1', 'r2', 'r3');
    const group = fc.subarray(names, { minLength: 1 });
    const groups = fc.array(group, { minLength: 1, maxLength: 3 });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire' as const), request, groups }) },
      fc.record({ kind: fc.constant('extend' as const), request, group }),
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), request, group }) },
      fc.record({ kind: fc.constant('expire' as const), group }),
      fc.record({ kind: fc.constant('leave' as const), request }),
    );
    const history = fc.array(step, { minLength: 100, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        await redis.flushall();
        await redis.set(key('epoch'), 1);
        const model = new Model();
        const { owner, waiting } = model;
        for (const event of events) {
          if (event.kind === 'acquire') {
            const { request, groups } = event;
            expect(await acquire(request, `w-${request}`, groups)).toEqual(
              model.acquire(request, `w-${request}`, groups),
            );
          } else if (event.kind === 'extend') {
            const keys = event.group.map(lockOf);
            const own = event.group.every((name) => owner.get(name) === event.request);
            expect(await redis.extendLocks(keys.length, ...keys, event.request, 60_000)).toBe(own ? 1 : 0);
          } else if (event.kind === 'release') {
            const own = event.group.filter((name) => owner.get(name) === event.request);
            const keys = event.group.map(lockOf);
            expect(await redis.releaseLocks(keys.length, ...keys, event.request)).toBe(own.length);
            for (const name of own) owner.delete(name);
          } else if (event.kind === 'expire') {
            await redis.del(...event.group.map(lockOf));
            for (const name of event.group) owner.delete(name);
          } else {
            await redis.zrem(key('waiters'), `w-${event.request}`);
            waiting.delete(`w-${event.request}`);
          }
          const holders = await redis.mget(names.map(lockOf));
          expect(holders).toEqual(names.map((name) => owner.get(name) ?? null));
          expect(await redis.zrange(key('waiters'), 0, -1)).toEqual([...waiting.keys()]);
        }
      }),
      { numRuns: steps / 100 },
    );
  });
});
