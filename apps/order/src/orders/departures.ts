/** For so long after orders were seen to travel side by side, more of them are expected to. */
const rememberMs = 1_000;
/** Of what an order takes anyway, and never more than so many times the least. */
const gatherShare = 0.75;
const mostTimes = 4;

/**
 * When the next batch of orders leaves, by a rule like Nagle's (RFC 896): an order that is alone goes at once; while others
 * are under way, or lately were, batches leave `gatherMs` apart, and what comes in meanwhile goes together. Where orders take
 * long because the machine is full it is three quarters of that: larger batches cost less, and so they take less long.
 *
 * A batch stays together through all services, and each of them spends about as much on one order as on ten. So what is
 * gathered here, once, is saved at every hop behind it (docs/adr/0024-what-is-gathered.md).
 */
export class Departures {
  readonly #gatherMs: number;
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #companyAt = Number.NEGATIVE_INFINITY;

  constructor(gatherMs: number, now = () => performance.now()) {
    this.#gatherMs = gatherMs;
    this.#now = now;
  }

  /**
   * @param underWay orders that have left and are not decided
   * @param tookMs what orders take at present
   * @returns how long the next batch still waits, in ms
   */
  waitMs(underWay: number, tookMs = 0): number {
    const now = this.#now();
    if (underWay > 0) this.#companyAt = now;
    const gatherMs = Math.min(mostTimes * this.#gatherMs, Math.max(this.#gatherMs, gatherShare * tookMs));
    const busy = now - this.#companyAt < rememberMs;
    this.#lastAt = busy ? Math.max(now, this.#lastAt + gatherMs) : now;
    return this.#lastAt - now;
  }
}
