/**
 * Remembers of each stretch of a table how long nothing in it can be old enough to go. That is exact, and not a guess: what
 * is written into a stretch after a look at it is younger than the look.
 *
 * An index would tell the same, and cost every insert; one of block ranges (BRIN) would be cheap, but its ranges only ever
 * widen, and rows that take the place of purged ones make them match everything (docs/adr/0013).
 */
export class PurgeStretches {
  /** By the clock of the caller; a stretch that was never looked at is due. */
  readonly #dueAt: number[] = [];
  #next = 0;

  /**
   * The stretches to look at, at most `most`, going on behind the last one of the call before: a large table takes several.
   *
   * @param count how many the table has now
   */
  due(count: number, most: number, now: number): number[] {
    this.#dueAt.length = Math.min(this.#dueAt.length, count);
    const due: number[] = [];
    let step = 0;
    for (; step < count && due.length < most; step++) {
      const stretch = (this.#next + step) % count;
      if ((this.#dueAt[stretch] ?? 0) <= now) due.push(stretch);
    }
    this.#next = count === 0 ? 0 : (this.#next + step) % count;
    return due;
  }

  nothingBefore(stretch: number, dueAt: number): void {
    this.#dueAt[stretch] = dueAt;
  }
}
