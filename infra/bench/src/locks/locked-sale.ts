import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { acquire, release } from './plain-lock.ts';

export interface Sale {
  databaseUrl: string;
  redisUrl: string;
  /** Whether the write carries the token of its lock. */
  fence: boolean;
}

export const ttlMs = 300;
export const lockKey = 'textbook:lock';

/**
 * A seller as textbooks have it: lock, read, decide, write, unlock. Everything about its lock is right (one script, a
 * time to live, compare-and-delete); between `decide` and `write` it can be paused, and that no lock can help.
 */
export class LockedSale {
  readonly #redis: Redis;
  readonly #database: pg.Client;
  readonly #fence: boolean;
  #request = '';
  #token = 0;
  #wanted = 0;
  #left = 0;

  constructor({ databaseUrl, redisUrl, fence }: Sale) {
    this.#redis = new Redis(redisUrl);
    this.#database = new pg.Client({ connectionString: databaseUrl });
    this.#fence = fence;
  }

  open(): Promise<unknown> {
    return this.#database.connect();
  }

  /** Takes the lock and decides to sell `quantity` units. @returns false when another one has it, or there are too few */
  async decide(quantity: number): Promise<boolean> {
    this.#request = randomUUID();
    this.#token = (await this.#redis.eval(acquire, 2, lockKey, 'textbook:tokens', this.#request, ttlMs)) as number;
    if (this.#token === 0) return false;
    const { rows } = await this.#database.query<{ available: number }>('SELECT available FROM textbook_stock');
    this.#wanted = quantity;
    this.#left = rows[0]!.available - quantity;
    return this.#left >= 0;
  }

  /** Writes what was decided. @returns the units sold: none when the fence refused */
  async write(): Promise<number> {
    const { rowCount } = await this.#database.query(
      'UPDATE textbook_stock SET available = $1, fence = greatest(fence, $2) WHERE $3 OR fence < $2',
      [this.#left, this.#token, !this.#fence],
    );
    await this.#redis.eval(release, 1, lockKey, this.#request);
    return rowCount === 1 ? this.#wanted : 0;
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.#database.end();
  }
}
