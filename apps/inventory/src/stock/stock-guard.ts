import type { Outbox } from '@ringshop/messaging';
import { counter, RetriableError } from '@ringshop/service-defaults';
import { FenceRefused } from '../lock/fencing.ts';
import type { LockEpoch } from '../lock/lock-epoch.ts';
import { LockUnavailable, type RedisLock } from '../lock/redis-lock.ts';
import { type Fence, StockChange, type StockWritten } from './stock-change.ts';

const fenceRefusals = counter('inventory_fence_refused_total', 'Transactions that a stock row refused', ['protection']);
const databaseOnly = counter('inventory_database_only_total', 'Stock transactions that ran without the Redis lock');

const attempts = 10;
/** Rolling back makes the one who was refused later than the one who got on: in step with it, it would never be first. */
const attemptsWithoutLock = 4;

/**
 * What keeps two writers apart.
 *
 * redis     batches that share SKUs take turns at a lock in Redis before they open a transaction
 * database  they queue at the row locks, each inside a transaction
 * none      nothing does: a row that somebody else has written since it was read refuses the write, and whoever was
 *           refused several times in a row queues at the row locks after all
 */
export type Protection = { by: 'redis'; lock: RedisLock; ttlMs: number } | { by: 'database' } | { by: 'none' };

export interface StockGuardOptions {
  outbox: Outbox;
  epoch: LockEpoch;
  protection: Protection;
  /** Told of what each transaction has written, once it has committed; not waited for. */
  committed?: ((rows: readonly StockWritten[]) => void) | undefined;
}

/**
 * Every change of stock goes through here: lock, one transaction, fence.
 *
 * Oversell is impossible whatever protects the work: what is decided on is either held `FOR UPDATE` until it is written, or
 * written only if it has not changed. While Redis does not answer, the database protects alone. The first such batch raises
 * the epoch, so that whoever still holds a lock of before is refused; when Redis is back its tokens are too small at first,
 * the fence says so, and a further epoch puts it in charge again.
 */
export class StockGuard {
  readonly #options: StockGuardOptions;
  /** Set while this process works without the lock. */
  #databaseEpoch: number | undefined;

  constructor(options: StockGuardOptions) {
    this.#options = options;
  }

  /** Runs `work` in one transaction that may change the stock of `skus`; again, as a whole, when the fence refuses it. */
  async change<T>(skus: readonly string[], work: (change: StockChange) => Promise<T>): Promise<T> {
    const { by } = this.#options.protection;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        return await this.#once(skus, work, attempt);
      } catch (error) {
        if (!(error instanceof FenceRefused)) throw error;
        fenceRefusals.inc({ protection: by });
      }
    }
    throw new RetriableError(`the fence refused ${attempts} times in a row`);
  }

  async #once<T>(skus: readonly string[], work: (change: StockChange) => Promise<T>, attempt: number): Promise<T> {
    const { protection } = this.#options;
    if (skus.length === 0) return this.#transaction({ kind: 'nothing' }, work);
    if (protection.by === 'none' && attempt <= attemptsWithoutLock) return this.#byDatabase('reading', work);
    if (protection.by !== 'redis') return this.#byDatabase('rows', work);
    try {
      return await protection.lock.using(skus, protection.ttlMs, (signal, tokens) => {
        this.#databaseEpoch = undefined;
        return this.#transaction({ kind: 'lock', tokens, signal }, work);
      });
    } catch (error) {
      if (error instanceof LockUnavailable) return this.#byDatabase('rows', work);
      throw error;
    }
  }

  async #byDatabase<T>(kind: 'rows' | 'reading', work: (change: StockChange) => Promise<T>): Promise<T> {
    const { epoch } = this.#options;
    databaseOnly.inc();
    this.#databaseEpoch ??= await epoch.raiseAbove(await epoch.current());
    return this.#transaction({ kind, epoch: this.#databaseEpoch }, work);
  }

  async #transaction<T>(fence: Fence, work: (change: StockChange) => Promise<T>): Promise<T> {
    const { outbox, committed } = this.#options;
    let written: readonly StockWritten[] = [];
    const result = await outbox.transaction((tx) => {
      const change = new StockChange(tx, fence);
      written = change.written;
      return work(change);
    });
    if (written.length > 0) committed?.(written);
    return result;
  }
}
