/** Shares of requests, and a few a second for when there are hardly any: else the first lost connection would be an error. */
const share = 0.1;
const floor = 10;
const most = 100;

/**
 * How often a request may be asked once more: for a tenth of all requests, and ten times a second besides. While
 * everything fails, retries then add a tenth to the load instead of doubling it.
 */
export class RetryBudget {
  readonly #now: () => number;
  #tokens = floor;
  #at: number;

  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** For each request. */
  deposit(): void {
    if (this.#tokens < most) this.#tokens += share;
  }

  /** For each retry; false when there is to be none. */
  take(): boolean {
    const now = this.#now();
    if (this.#tokens < floor) this.#tokens = Math.min(floor, this.#tokens + ((now - this.#at) / 1_000) * floor);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
