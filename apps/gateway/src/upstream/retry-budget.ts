/** Of all requests; a few are there at the start, else the first lost connection would be an error. */
const share = 0.1;
const atStart = 10;
const most = 100;

/**
 * How often a request may be asked once more: for a tenth of all requests, saved up to a hundred. While everything
 * fails, retries then add a tenth to the load instead of doubling it.
 */
export class RetryBudget {
  #tokens = atStart;

  /** For each request. */
  deposit(): void {
    if (this.#tokens < most) this.#tokens += share;
  }

  /** For each retry; false when there is to be none. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
