/**
 * When the next batch of orders leaves, by a rule like Nagle's (RFC 896): an order that is alone goes at once; while others
 * are under way, batches leave `gatherMs` apart, and what comes in meanwhile goes together.
 *
 * A batch stays together through all services, and each of them spends about as much on one order as on ten. So what is
 * gathered here, once, is saved at every hop behind it (docs/adr/0024-what-is-gathered.md).
 */
export class Departures {
  readonly #gatherMs: number;
  readonly #now: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(gatherMs: number, now = () => performance.now()) {
    this.#gatherMs = gatherMs;
    this.#now = now;
  }

  /** @param underWay orders that have left and are not decided @returns how long the next batch still waits, in ms */
  waitMs(underWay: number): number {
    const now = this.#now();
    const at = underWay > 0 ? Math.max(now, this.#lastAt + this.#gatherMs) : now;
    this.#lastAt = at;
    return at - now;
  }
}
