import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint, RetriableError } from '@ringshop/service-defaults';
import type { Redis } from 'ioredis';
import { FenceRefused, type FencingTokens } from './fencing.ts';
import { Lease } from './lease.ts';
import type { LockEpoch } from './lock-epoch.ts';

/** Somebody else held one of the locks until the wait was over. */
export class LockBusy extends RetriableError {
  override name = 'LockBusy';
}

/** Redis gave no usable answer: nobody knows whether the lock was taken, and nothing may be done under it. */
export class LockUnavailable extends Error {
  override name = 'LockUnavailable';
}

export interface RedisLockOptions {
  redis: Redis;
  epoch: LockEpoch;
  /** How long to try while others hold one of the locks. */
  waitMs?: number;
  /** How long to wait for a lost connection before the lock counts as unavailable. */
  reconnectMs?: number;
}

// One hash tag: a Redis Cluster keeps all of them in one slot, so that one script may touch them.
const key = {
  epoch: 'inventory:{stock}:epoch',
  memory: 'inventory:{stock}:memory',
  tokens: 'inventory:{stock}:tokens',
};
const lockKey = (name: string) => `inventory:{stock}:lock:${name}`;
const retryMs = () => 2 + Math.random() * 8;

/**
 * Keeps two writers from working on the same stock at the same time: it saves work, it does not guard the stock.
 *
 * Guaranteed while Redis keeps its memory and clocks behave: one holder a name; all names of a request or none, so
 * no two requests can wait for each other. Guaranteed by nothing here: that a holder is still the holder when it
 * writes. The fencing tokens make the database refuse it then (docs/adr/0005-where-the-lock-ends.md).
 */
export class RedisLock {
  readonly #redis: Redis;
  readonly #epoch: LockEpoch;
  readonly #waitMs: number;
  readonly #reconnectMs: number;

  constructor({ redis, epoch, waitMs = 2_000, reconnectMs = 1_000 }: RedisLockOptions) {
    this.#redis = redis;
    this.#epoch = epoch;
    this.#waitMs = waitMs;
    this.#reconnectMs = reconnectMs;
  }

  /**
   * Runs `work` while holding the locks of all `names`, extends them as long as it takes, and always releases them.
   * `signal` aborts when they are lost; `work` has to look at it before it writes.
   *
   * @throws LockBusy (retriable), LockUnavailable; in both cases `work` did not run, or the fence refused all it did
   */
  async using<T>(
    names: readonly string[],
    ttlMs: number,
    work: (signal: AbortSignal, tokens: FencingTokens) => Promise<T>,
  ): Promise<T> {
    const sorted = [...new Set(names)].sort();
    const locks = sorted.map(lockKey);
    const request = randomUUID();
    const { tokens, askedAt } = await this.#acquire(sorted, locks, request, ttlMs);
    failpoint('lock.acquired');
    const extend = async () => (await this.#redis.extendLocks(locks.length, ...locks, request, ttlMs)) === 1;
    const lease = new Lease(ttlMs, askedAt, extend);
    try {
      return await work(lease.signal, tokens);
    } catch (error) {
      if (error instanceof FenceRefused && (await extend().catch(() => false))) {
        await this.#newEpoch(async () => this.#epoch.raiseAbove(await this.#epoch.current()));
      }
      throw error;
    } finally {
      lease.end();
      // A release that fails costs the others a wait until the locks expire, and nothing else.
      await this.#redis.releaseLocks(locks.length, ...locks, request).catch(() => 0);
    }
  }

  async #acquire(names: string[], locks: string[], request: string, ttlMs: number) {
    const giveUpAt = performance.now() + this.#waitMs;
    for (;;) {
      const askedAt = performance.now();
      const [outcome, ...rest] = await this.#askTwice(() =>
        this.#redis.acquireLocks(locks.length + 2, key.epoch, key.tokens, ...locks, request, ttlMs),
      );
      if (outcome === 'held') return { askedAt, tokens: tokensOf(names, rest.map(Number)) };
      if (outcome === 'no-epoch') await this.#newEpoch((memory) => this.#epoch.forMemory(memory));
      if (performance.now() >= giveUpAt) throw new LockBusy(`the stock lock stays ${outcome}`);
      if (outcome === 'busy') await sleep(retryMs());
    }
  }

  /** Redis forgot its tokens, or handed old ones out: from here on all of its tokens are greater than any before. */
  async #newEpoch(raise: (memory: string) => Promise<number>): Promise<void> {
    const memory = await this.#askTwice(() => this.#redis.nameMemory(key.memory, randomUUID()));
    const epoch = await raise(memory);
    await this.#askTwice(() => this.#redis.raiseEpoch(key.epoch, key.memory, epoch, memory));
  }

  /**
   * An answer can get lost after the script ran. Then the connection is given up, because what it still delivers may
   * belong to an earlier command, and the same request is asked again on a new one: it finds its own locks.
   */
  async #askTwice<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#redis.status !== 'ready') throw new LockUnavailable('Redis is not connected');
    try {
      return await ask();
    } catch {
      const reconnected = once(this.#redis, 'ready', { signal: AbortSignal.timeout(this.#reconnectMs) });
      this.#redis.stream.destroy();
      try {
        await reconnected;
        return await ask();
      } catch (cause) {
        throw new LockUnavailable('Redis does not answer', { cause });
      }
    }
  }
}

function tokensOf(names: string[], [epoch, ...counts]: number[]): FencingTokens {
  return new Map(names.map((name, index) => [name, { epoch: epoch!, n: counts[index]! }]));
}
