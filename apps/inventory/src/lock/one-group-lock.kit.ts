import type { FencingTokens } from './fencing.ts';
import { RedisLock, type RedisLockOptions } from './redis-lock.ts';

/** The lock as one claim alone uses it, without the rounds of `StockGuard`: all names, or `LockBusy` when `waitMs` are over. */
export class OneGroupLock extends RedisLock {
  readonly #waitMs: number;

  constructor({ waitMs = 2_000, ...options }: RedisLockOptions & { waitMs?: number }) {
    super(options);
    this.#waitMs = waitMs;
  }

  async using<T>(
    names: readonly string[],
    ttlMs: number,
    work: (signal: AbortSignal, tokens: FencingTokens) => Promise<T>,
  ): Promise<T> {
    const waiter = this.newWaiter();
    try {
      return await this.usingFree({ groups: [names], ttlMs, waiter, waitMs: this.#waitMs }, work);
    } finally {
      await this.leave(waiter);
    }
  }
}
