/** Orders that left together. */
export interface Batch {
  readonly leftAt: number;
  isDecided: boolean;
}

const minuteMs = 60_000;
/** Of minutes in which there were orders. What was least before them was another system's: another provider, another load of the machine. */
const history = 3;
/** After so long without a batch nobody knows. */
const staleMs = 2_000;

/**
 * For how long batches stand in queues once they have left, wherever that is: what the first of a batch took to be decided,
 * beyond the least that one took lately. The first, since the others may have waited for it only: behind whoever does so many a second a
 * batch is its own queue, and what gathers for longer where that is long would make it longer still. Pure; the caller has the clock, in ms.
 */
export class BatchQueue {
  #latestMs = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #least: { since: number; ms: number }[] = [];

  leaves(now: number): Batch {
    return { leftAt: now, isDecided: false };
  }

  /** An order of it was. */
  decided(batch: Batch, now: number): void {
    if (batch.isDecided) return;
    batch.isDecided = true;
    this.#latestMs = now - batch.leftAt;
    this.#toldAt = now;
    const minute = this.#least.at(-1);
    if (minute && now - minute.since < minuteMs) minute.ms = Math.min(minute.ms, this.#latestMs);
    else this.#least = [...this.#least, { since: now, ms: this.#latestMs }].slice(-history);
  }

  /** 0 when none has told for a while. */
  queuedMs(now: number): number {
    if (now - this.#toldAt > staleMs) return 0;
    return this.#latestMs - Math.min(...this.#least.map(({ ms }) => ms));
  }
}
