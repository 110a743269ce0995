import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint, histogram, RetriableError } from '@ringshop/service-defaults';
import type { Redis } from 'ioredis';
import { FenceRefused, type FencingTokens } from './fencing.ts';
import { Lease } from './lease.ts';
import type { LockEpoch } from './lock-epoch.ts';
import { LockUnavailable, RedisCircuit } from './redis-circuit.ts';

export { LockUnavailable };

const times = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const waits = histogram('inventory_lock_wait_seconds', 'From asking for stock locks to holding some', times);
const holds = histogram('inventory_lock_hold_seconds', 'From holding stock locks to releasing them', times);

/** Somebody else held what was asked for until the wait was over. */
export class LockBusy extends RetriableError {
  override name = 'LockBusy';
}

export interface RedisLockOptions {
  redis: Redis;
  epoch: LockEpoch;
  /** Of this process: tells an operator who holds a lock, and who waits. */
  name?: string;
  /** How long to wait for a lost connection before the lock counts as unavailable. */
  reconnectMs?: number;
}

export interface Request {
  /** Names that are wanted together or not at all. One without names needs nothing, and is always granted. */
  groups: readonly (readonly string[])[];
  ttlMs: number;
  /** Who asks. What it gets keeps others out, what it does not get is its turn next, until it leaves or has all it asked for. */
  waiter: string;
  waitMs: number;
}

// One hash tag: a Redis Cluster keeps all of them in one slot, so that one script may touch them.
const key = {
  epoch: 'inventory:{stock}:epoch',
  memory: 'inventory:{stock}:memory',
  tokens: 'inventory:{stock}:tokens',
  waiters: 'inventory:{stock}:waiters',
  wanted: 'inventory:{stock}:wanted',
};
const lockKey = (name: string) => `inventory:{stock}:lock:${name}`;
const pollMs = () => 2 + Math.random() * 8;
/** A waiter that has not asked for this long is gone, and its turn with it. */
const patienceMs = 1_000;

interface Grant {
  /** Positions of the groups that were granted. */
  granted: number[];
  tokens: FencingTokens;
  /** When the answer was asked for, which is before it was given. */
  askedAt: number;
}

/**
 * Keeps two writers from working on the same stock at the same time: it saves work, it does not guard the stock.
 *
 * Guaranteed while Redis keeps its memory and clocks behave: one holder a name; all names of a group or none, and nobody
 * waits while holding, so no two requests can wait for each other; whoever has waited longest gets what it wants as soon
 * as those who hold it now are done. Guaranteed by nothing here: that a holder is still the holder when it writes. The
 * fencing tokens make the database refuse it then (docs/adr/0005-where-the-lock-ends.md).
 */
export class RedisLock {
  readonly circuit: RedisCircuit;
  readonly #redis: Redis;
  readonly #epoch: LockEpoch;
  readonly #name: string;
  readonly #waiting = new Set<string>();
  /** Locks by the request that may have taken them and was never told. */
  readonly #maybeTaken = new Map<string, string[]>();

  constructor({ redis, epoch, name = 'lock', reconnectMs = 1_000 }: RedisLockOptions) {
    this.#redis = redis;
    this.#epoch = epoch;
    this.#name = name;
    this.circuit = new RedisCircuit(redis, reconnectMs, () => redis.nameMemory(key.memory, randomUUID()));
    redis.on('ready', () => void this.#releaseMaybeTaken());
  }

  /** For somebody who is about to ask. */
  newWaiter(): string {
    return `${this.#name}:${randomUUID()}`;
  }

  /**
   * Runs `work` while holding the locks of those groups that are free, waits only while none is, extends the locks for as
   * long as the work takes, and always releases them. `signal` aborts when they are lost; `work` has to look at it before
   * it writes. A waiter that wants no more of what it did not get says so by {@link leave}.
   *
   * @throws LockBusy (retriable), LockUnavailable; in both cases `work` did not run, or the fence refused all it did
   */
  async usingFree<T>(
    request: Request,
    work: (signal: AbortSignal, tokens: FencingTokens, granted: readonly number[]) => Promise<T>,
  ): Promise<T> {
    // Another one for each time: a release that comes late must not find what a later request has taken.
    const id = `${request.waiter}/${randomUUID().slice(0, 8)}`;
    const { granted, tokens, askedAt } = await this.#acquire(request, id);
    if (tokens.size === 0) return work(new AbortController().signal, tokens, granted);
    failpoint('lock.acquired');
    const heldSince = performance.now();
    const locks = [...tokens.keys()].map(lockKey);
    const extend = async () => (await this.#redis.extendLocks(locks.length, ...locks, id, request.ttlMs)) === 1;
    const lease = new Lease(request.ttlMs, askedAt, extend);
    try {
      return await work(lease.signal, tokens, granted);
    } catch (error) {
      if (error instanceof FenceRefused && (await extend().catch(() => false))) {
        await this.#newEpoch(() => this.#epoch.raise());
      }
      throw error;
    } finally {
      lease.end();
      // A release that fails costs the others a wait until the locks expire, and nothing else.
      await this.#release(locks, id);
      holds.observe((performance.now() - heldSince) / 1_000);
    }
  }

  /** Gives the turn up. Left undone, it keeps others from what this waiter wanted for a second. */
  async leave(waiter: string): Promise<void> {
    if (!this.#waiting.delete(waiter)) return;
    const left = this.#redis.pipeline().zrem(key.waiters, waiter).hdel(key.wanted, waiter).exec();
    await left.catch(() => undefined);
  }

  async #release(locks: string[], id: string): Promise<void> {
    await this.#redis.releaseLocks(locks.length, ...locks, id).catch(() => 0);
  }

  /** As soon as Redis is back: until their time is over they would keep everybody waiting, and first of all us. */
  async #releaseMaybeTaken(): Promise<void> {
    const maybe = [...this.#maybeTaken];
    this.#maybeTaken.clear();
    await Promise.all(maybe.map(([id, locks]) => this.#release(locks, id)));
  }

  async #acquire({ groups, ttlMs, waiter, waitMs }: Request, id: string): Promise<Grant> {
    const names = [...new Set(groups.flat())].sort();
    const positions = new Map(names.map((name, index) => [name, index + 1]));
    const wanted = JSON.stringify(groups.map((group) => group.map((name) => positions.get(name))));
    const locks = names.map(lockKey);
    const keys = [key.epoch, key.memory, key.tokens, key.waiters, key.wanted, ...locks];
    const ask = () => this.#redis.acquireLocks(keys.length, ...keys, id, ttlMs, waiter, patienceMs, wanted);
    const startedAt = performance.now();
    for (;;) {
      const askedAt = performance.now();
      const [outcome, ...numbers] = await this.circuit.ask(ask).catch((error) => {
        if (error instanceof LockUnavailable && error.asked) this.#maybeTaken.set(id, locks);
        throw error;
      });
      if (outcome === 'held') {
        const tokens = tokensOf(names, numbers.map(Number));
        this.#epoch.seen(Number(numbers[0]));
        const granted = [...groups.keys()].filter((index) => groups[index]!.every((name) => tokens.has(name)));
        if (granted.length < groups.length) this.#waiting.add(waiter);
        else this.#waiting.delete(waiter);
        if (granted.length > 0) {
          waits.observe((performance.now() - startedAt) / 1_000);
          return { granted, tokens, askedAt };
        }
      } else await this.#newEpoch((memory) => this.#epoch.forMemory(memory));
      const leftMs = startedAt + waitMs - performance.now();
      if (leftMs <= 0) throw new LockBusy(`the stock locks stayed ${outcome === 'held' ? 'taken' : outcome}`);
      if (outcome === 'held') await sleep(Math.min(pollMs(), leftMs));
    }
  }

  /** Redis forgot its tokens, or handed old ones out: from here on all of its tokens are greater than any before. */
  async #newEpoch(raise: (memory: string) => Promise<number>): Promise<void> {
    const memory = await this.circuit.ask(() => this.#redis.nameMemory(key.memory, randomUUID()));
    const epoch = await raise(memory);
    await this.circuit.ask(() => this.#redis.raiseEpoch(key.epoch, key.memory, epoch, memory));
  }
}

/** A name that was not taken has no token. */
function tokensOf(names: string[], [epoch, ...counts]: number[]): FencingTokens {
  const pairs = names.map((name, index) => [name, { epoch: epoch!, n: counts[index]! }] as const);
  return new Map(pairs.filter(([, { n }]) => n > 0));
}
