export interface BreakerOptions {
  /** So many failures in a row open it. */
  failures: number;
  /** How long it is open at first; doubled with each trial that fails, and never longer than `maxMs`. */
  minMs: number;
  maxMs: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/**
 * A circuit breaker for whoever asks something that may be away.
 *
 *   closed     everything may be asked; failures in a row open it
 *   open       nothing may be asked, until its time is over
 *   half-open  one may ask, the trial; all others are told no at once, and not made to wait for what it finds out. When it
 *              has found out nothing for as long as the breaker was open, another one may: it may be one that is held
 *
 * Counters on plain fields, by a monotonic clock. Outcomes are told by the caller, who knows which of them say that the
 * other side is away: an answer is not one, whatever it says, and neither is a client that left.
 */
export class Breaker {
  readonly #options: Required<BreakerOptions>;
  #inARow = 0;
  /** 0 while closed. */
  #openUntil = 0;
  #openMs = 0;
  #trial = false;

  constructor(options: BreakerOptions) {
    this.#options = { now: () => performance.now(), ...options };
  }

  get isOpen(): boolean {
    return this.#openUntil !== 0;
  }

  /** How long nothing may be asked yet. */
  get leftMs(): number {
    return this.isOpen ? Math.max(0, this.#openUntil - this.#options.now()) : 0;
  }

  /** Whether {@link enter} would let somebody in. */
  get admits(): boolean {
    return this.leftMs === 0;
  }

  /** True when the other side may be asked now; one of the outcomes has to follow. */
  enter(): boolean {
    if (!this.admits) return false;
    if (this.isOpen) {
      this.#trial = true;
      this.#openUntil = this.#options.now() + this.#openMs;
    }
    return true;
  }

  /** It answered. */
  succeeded(): void {
    this.#inARow = 0;
    if (!this.isOpen) return;
    this.#trial = false;
    this.#openUntil = this.#openMs = 0;
  }

  /**
   * No answer, or one that says that it is away. `opens: false` counts it and leaves it closed.
   * @returns whether it was closed and has opened
   */
  failed({ opens = true } = {}): boolean {
    this.#inARow++;
    const wasOpen = this.isOpen;
    const isTrial = this.#trial;
    this.#trial = false;
    if (wasOpen ? isTrial : opens && this.#inARow >= this.#options.failures) this.#open(2 * this.#openMs);
    return this.isOpen && !wasOpen;
  }

  /** It cannot be reached at all, which one call is enough to know and costs little to try again. */
  trip(): void {
    this.#trial = false;
    this.#open(this.#options.minMs);
  }

  /** Nothing was learned: the one who asked has left. */
  abandoned(): void {
    if (!this.#trial) return;
    this.#trial = false;
    this.#openUntil = this.#options.now();
  }

  #open(ms: number): void {
    const { minMs, maxMs, now } = this.#options;
    this.#openMs = Math.min(maxMs, Math.max(minMs, ms));
    this.#openUntil = now() + this.#openMs;
  }
}
