import { counter, RetriableError } from '@ringshop/service-defaults';

const lost = counter('inventory_locks_lost_total', 'Stock locks that their holder could not keep until it was done');

/** The lock may belong to somebody else by now: what was begun under it must not be finished. */
export class LockLost extends RetriableError {
  override name = 'LockLost';
}

/**
 * The holder's own view of how long its locks are good for. It trusts only its monotonic clock, counts from before
 * the request was sent, and gives up at half the TTL: Redis counts by a wall clock that may jump, and half is the
 * margin for that.
 *
 * Not guaranteed: that the holder notices in time. A paused process or a blocked event loop runs no timer.
 * That is why every write carries a fencing token as well.
 */
export class Lease {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #goodUntil: number;
  #extending = false;
  #ended = false;

  constructor(
    private readonly ttlMs: number,
    askedAt: number,
    private readonly extend: () => Promise<boolean>,
  ) {
    this.#goodUntil = askedAt + ttlMs / 2;
    this.#timer = setInterval(() => void this.#tick(), ttlMs / 10).unref();
  }

  /** Aborts when the locks are lost or could not be extended in time. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The work is done: what an extension that is still under way finds is of no interest. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    const askedAt = performance.now();
    if (askedAt >= this.#goodUntil) this.#lose('not extended in time');
    if (this.#ended || this.#extending) return;
    this.#extending = true;
    try {
      if (await this.extend()) this.#goodUntil = askedAt + this.ttlMs / 2;
      else this.#lose('another request holds it');
    } catch {
      // Redis does not answer: the locks may still be ours, so work goes on until half the TTL is over.
    } finally {
      this.#extending = false;
    }
  }

  #lose(why: string): void {
    if (this.#ended) return;
    this.end();
    lost.inc();
    this.#abort.abort(new LockLost(`the stock lock was lost: ${why}`));
  }
}
