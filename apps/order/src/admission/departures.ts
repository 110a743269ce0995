/** For so long after orders were seen to travel side by side, more of them are expected to. */
const rememberMs = 1_000;
/** How many times as far apart as orders queue. */
const timesQueued = 3;
/** Of the least; a batch that is held for longer costs still less, but what comes after it then has too little to do meanwhile. */
const mostTimes = 8;
/** By this time constant the gap follows the queue. At once it would swing: large batches end a queue, small ones make it. */
const settleMs = 2_000;

/** The longest that a batch is held open, in ms. */
export const mostGatheredMs = (gatherMs: number) => mostTimes * gatherMs;

/**
 * When the next batch of orders leaves, by a rule like Nagle's (RFC 896): an order that is alone goes at once; while others
 * are under way, or lately were, batches leave `gatherMs` apart, and what comes in meanwhile goes together. Where orders
 * queue, because the machine is full, they leave three times as far apart as orders queue, up to eight times `gatherMs`, and
 * get there within seconds: larger batches cost less, and so the queues are shorter.
 *
 * A batch stays together through all services, and each of them spends about as much on one order as on ten. So what is
 * gathered here, once, is saved at every hop behind it (docs/adr/0024-what-is-gathered.md).
 */
export class Departures {
  readonly #leastMs: number;
  readonly #now: () => number;
  #apartMs = 0;
  /** So the first time `#apartMs` goes all the way. */
  #settledAt = Number.NEGATIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;
  #companyAt = Number.NEGATIVE_INFINITY;

  constructor(gatherMs: number, now = () => performance.now()) {
    this.#leastMs = gatherMs;
    this.#now = now;
  }

  /**
   * @param underWay orders that have left and are not decided
   * @param queuedMs for how long batches stand in queues at present, once they have left
   * @returns how long the next batch still waits, in ms
   */
  waitMs(underWay: number, queuedMs = 0): number {
    const now = this.#now();
    if (underWay > 0) this.#companyAt = now;
    this.#settle(queuedMs, now);
    const busy = now - this.#companyAt < rememberMs;
    // The one before has left by now, and did so earlier than it was to when it was full.
    this.#lastAt = busy ? Math.max(now, Math.min(this.#lastAt, now) + this.#apartMs) : now;
    return this.#lastAt - now;
  }

  /** Exponential smoothing. The queue of now is taken for all the time since the last call, so a pause forgets the rush before it. */
  #settle(queuedMs: number, now: number): void {
    const asked = Math.min(mostGatheredMs(this.#leastMs), Math.max(this.#leastMs, timesQueued * queuedMs));
    this.#apartMs += (asked - this.#apartMs) * (1 - Math.exp((this.#settledAt - now) / settleMs));
    this.#settledAt = now;
  }
}
