/** So many a second, one after another: a provider's capacity. Whoever comes while it is used up waits for a turn. */
export class Pace {
  /** 0 is no limit. */
  perSecond: number;
  readonly #now: () => number;
  #next = 0;

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.perSecond = perSecond;
    this.#now = now;
  }

  /** Takes the next turn. @returns the milliseconds until then */
  turn(): number {
    if (this.perSecond === 0) return 0;
    const now = this.#now();
    const at = Math.max(now, this.#next);
    this.#next = at + 1_000 / this.perSecond;
    return at - now;
  }
}
