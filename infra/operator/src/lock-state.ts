import type { Redis } from 'ioredis';
import type { Database } from './databases.ts';

/** A fencing token: (epoch, n), compared as a pair. */
export interface Token {
  epoch: number;
  n: number;
}

export interface SkuLock {
  sku: string;
  /** The request that holds the lock; null when it is free. */
  holder: string | null;
  leftMs: number | null;
  /** How many waiters want it. */
  waiting: number;
  /** The last n that Redis handed out for it; of its present epoch, or of an earlier one. */
  lastN: number | null;
  /** The token of the last write that the row has seen. */
  written: Token | null;
}

export interface Waiter {
  name: string;
  /** What it still wants. */
  skus: string[];
}

export interface LockState {
  /** Redis has none when it lost its memory, until the next request for a lock. */
  epoch: { redis: number | null; postgres: number };
  /** How many SKUs Redis has ever handed a token out for, since it last lost its memory, or gave it up. */
  known: number;
  locks: SkuLock[];
  /** In turn: what the first one wants is given to nobody else. */
  waiters: Waiter[];
}

// Inventory's own names (apps/inventory/src/lock/redis-lock.ts); the spec compares them.
export const lockKeys = {
  epoch: 'inventory:{stock}:epoch',
  tokens: 'inventory:{stock}:tokens',
  waiters: 'inventory:{stock}:waiters',
  wanted: 'inventory:{stock}:wanted',
  lock: 'inventory:{stock}:lock:',
};

/**
 * What Redis and PostgreSQL say about the stock lock now. Locks live for milliseconds: each line was true at some moment of
 * the reading, all of them together perhaps at none.
 *
 * @param named these SKUs are told of also when nobody holds them
 */
export async function readLockState(redis: Redis, inventory: Database, named: readonly string[]): Promise<LockState> {
  const [epoch, known, held, waiters] = await Promise.all([
    redis.get(lockKeys.epoch),
    redis.hlen(lockKeys.tokens),
    heldSkus(redis),
    waitersInTurn(redis),
  ]);
  const skus = [...new Set([...named, ...held])].sort();
  const [inForce, locks] = await Promise.all([
    inventory.rows<{ epoch: string }>('SELECT epoch FROM lock_epoch'),
    skus.length > 0 ? locksOf(redis, inventory, skus, waiters) : [],
  ]);
  return {
    epoch: { redis: epoch === null ? null : Number(epoch), postgres: Number(inForce[0]!.epoch) },
    known,
    locks: locks.filter(({ sku, holder }) => holder !== null || named.includes(sku)),
    waiters,
  };
}

/** A waiter asks every few milliseconds; one that did not for this long is dead, and Redis forgets it with the next request. */
const patienceMs = 1_000;

async function waitersInTurn(redis: Redis): Promise<Waiter[]> {
  const [names, wanted, [seconds, microseconds]] = await Promise.all([
    redis.zrange(lockKeys.waiters, 0, -1),
    redis.hgetall(lockKeys.wanted),
    redis.time(),
  ]);
  const now = Number(seconds) * 1000 + Number(microseconds) / 1000;
  return names.flatMap((name) => {
    const want = wanted[name] && (JSON.parse(wanted[name]) as { at: number; locks: string[] });
    if (!want || now - want.at >= patienceMs) return [];
    return [{ name, skus: want.locks.map((key) => key.slice(lockKeys.lock.length)).sort() }];
  });
}

/** By SCAN, in portions: KEYS would stop Redis, and every holder with it, for the time of the search. */
async function heldSkus(redis: Redis): Promise<string[]> {
  const skus: string[] = [];
  for await (const keys of redis.scanStream({ match: `${lockKeys.lock}*`, count: 500 }))
    skus.push(...(keys as string[]).map((key) => key.slice(lockKeys.lock.length)));
  return skus;
}

async function locksOf(redis: Redis, inventory: Database, skus: string[], waiters: Waiter[]): Promise<SkuLock[]> {
  const keys = skus.map((sku) => lockKeys.lock + sku);
  const [holders, lastN, leftMs, rows] = await Promise.all([
    redis.mget(keys),
    redis.hmget(lockKeys.tokens, ...keys),
    Promise.all(keys.map((key) => redis.pttl(key))),
    inventory.rows<Token & { sku: string }>(
      'SELECT sku, fence_epoch::float8 AS epoch, fence_n::float8 AS n FROM stock WHERE sku = ANY ($1)',
      [skus],
    ),
  ]);
  const written = new Map(rows.map(({ sku, epoch, n }) => [sku, { epoch, n }]));
  return skus.map((sku, index) => ({
    sku,
    holder: holders[index] ?? null,
    leftMs: holders[index] && leftMs[index]! >= 0 ? leftMs[index]! : null,
    waiting: waiters.filter((waiter) => waiter.skus.includes(sku)).length,
    lastN: lastN[index] == null ? null : Number(lastN[index]),
    written: written.get(sku) ?? null,
  }));
}
