/** For so long after orders were seen to travel side by side, more of them are expected to. */
const rememberMs = 1_000;

/**
 * When the next batch of orders leaves, by a rule like Nagle's (RFC 896): an order that is alone goes at once; while others
 * are under way, or lately were, batches leave `gatherMs` apart, and what comes in meanwhile goes together.
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

  /** @param underWay orders that have left and are not decided @returns how long the next batch still waits, in ms */
  waitMs(underWay: number): number {
    const now = this.#now();
    if (underWay > 0) this.#companyAt = now;
    const busy = now - this.#companyAt < rememberMs;
    this.#lastAt = busy ? Math.max(now, this.#lastAt + this.#gatherMs) : now;
    return this.#lastAt - now;
  }
}
