/** Orders that left together. */
export interface Batch {
  readonly leftAt: number;
  isDecided: boolean;
}

/** After so long without a batch nobody knows. */
const staleMs = 2_000;

/**
 * For how long batches stand in queues once they have left, by the first order of each to be decided. Not by all, since the
 * others may have waited for their own batch only: behind whoever does so many a second a batch is its own queue, and what
 * gathers for longer where that is long would make it longer still. Pure; the caller has the clock, in ms.
 */
export class BatchQueue {
  #tookMs = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  leaves(now: number): Batch {
    return { leftAt: now, isDecided: false };
  }

  /** An order of it was. */
  decided(batch: Batch, now: number): void {
    if (batch.isDecided) return;
    batch.isDecided = true;
    this.#tookMs = now - batch.leftAt;
    this.#toldAt = now;
  }

  /** How long the latest stood in queues, when one that meets none takes `leastMs`; 0 when none has told for a while. */
  queuedMs(now: number, leastMs: number): number {
    return now - this.#toldAt > staleMs ? 0 : Math.max(0, this.#tookMs - leastMs);
  }
}
