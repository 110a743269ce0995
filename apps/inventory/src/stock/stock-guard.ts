import type { Outbox } from '@ringshop/messaging';
import { counter, RetriableError } from '@ringshop/service-defaults';
import { FenceRefused } from '../lock/fencing.ts';
import type { LockEpoch } from '../lock/lock-epoch.ts';
import { LockUnavailable, type RedisLock } from '../lock/redis-lock.ts';
import { type Fence, StockChange } from './stock-change.ts';

const fenceRefusals = counter('inventory_fence_refused_total', 'Transactions that the fence of a stock row refused');
const databaseOnly = counter('inventory_database_only_total', 'Stock transactions that ran without the Redis lock');

const attempts = 5;

export interface StockGuardOptions {
  outbox: Outbox;
  epoch: LockEpoch;
  /** None: the database alone guards the stock. */
  lock?: RedisLock | undefined;
  ttlMs: number;
}

/**
 * Every change of stock goes through here: lock, one transaction, fence.
 *
 * lock           Redis answers: batches that share SKUs take turns before they open a transaction
 * database only  Redis does not answer, or is switched off: they queue at the row locks instead. The first such batch
 *                raises the epoch, so that whoever still holds a lock of before is refused; when Redis is back its
 *                tokens are too small at first, the fence says so, and a further epoch puts it in charge again
 *
 * Oversell is impossible in either, since both decide on rows they hold `FOR UPDATE`.
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
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        return await this.#once(skus, work);
      } catch (error) {
        if (!(error instanceof FenceRefused)) throw error;
        fenceRefusals.inc();
      }
    }
    throw new RetriableError(`the fence refused ${attempts} times in a row`);
  }

  async #once<T>(skus: readonly string[], work: (change: StockChange) => Promise<T>): Promise<T> {
    const { lock, ttlMs } = this.#options;
    if (skus.length === 0) return this.#transaction({ kind: 'nothing' }, work);
    if (!lock) return this.#withoutLock(work);
    try {
      return await lock.using(skus, ttlMs, (signal, tokens) => {
        this.#databaseEpoch = undefined;
        return this.#transaction({ kind: 'lock', tokens, signal }, work);
      });
    } catch (error) {
      if (error instanceof LockUnavailable) return this.#withoutLock(work);
      throw error;
    }
  }

  async #withoutLock<T>(work: (change: StockChange) => Promise<T>): Promise<T> {
    const { epoch } = this.#options;
    databaseOnly.inc();
    this.#databaseEpoch ??= await epoch.raiseAbove(await epoch.current());
    return this.#transaction({ kind: 'rows', epoch: this.#databaseEpoch }, work);
  }

  #transaction<T>(fence: Fence, work: (change: StockChange) => Promise<T>): Promise<T> {
    return this.#options.outbox.transaction((tx) => work(new StockChange(tx, fence)));
  }
}
