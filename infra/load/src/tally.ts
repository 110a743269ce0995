import { Latencies } from './latencies.ts';
import { isEnd, isFailure, type Sample } from './sample.ts';

/** What came of the requests of a stage, or of an interval. */
export class Tally {
  readonly outcomes = new Map<string, number>();
  /** Placed until ended. */
  readonly ended = new Latencies();
  readonly refusals = new Latencies();
  firstAt = Number.POSITIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;
  lastRefusalAt = Number.NEGATIVE_INFINITY;
  /** Of an order that was waited for in vain: when it was placed. */
  lastUnendedAt = Number.NEGATIVE_INFINITY;

  add({ outcome, begunAt, ms }: Sample): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.firstAt = Math.min(this.firstAt, begunAt);
    this.lastAt = Math.max(this.lastAt, begunAt);
    if (isEnd(outcome)) this.ended.add(ms);
    if (outcome === 'unended') this.lastUnendedAt = Math.max(this.lastUnendedAt, begunAt);
    if (outcome !== 'refused') return;
    this.refusals.add(ms);
    this.lastRefusalAt = Math.max(this.lastRefusalAt, begunAt);
  }

  merge(other: Tally): void {
    for (const [outcome, count] of other.outcomes)
      this.outcomes.set(outcome, count + (this.outcomes.get(outcome) ?? 0));
    this.ended.merge(other.ended);
    this.refusals.merge(other.refusals);
    this.firstAt = Math.min(this.firstAt, other.firstAt);
    this.lastAt = Math.max(this.lastAt, other.lastAt);
    this.lastRefusalAt = Math.max(this.lastRefusalAt, other.lastRefusalAt);
    this.lastUnendedAt = Math.max(this.lastUnendedAt, other.lastUnendedAt);
  }

  count(is: string | ((outcome: string) => boolean)): number {
    const matches = typeof is === 'string' ? (outcome: string) => outcome === is : is;
    return [...this.outcomes].reduce((sum, [outcome, count]) => sum + (matches(outcome) ? count : 0), 0);
  }

  get total(): number {
    return this.count(() => true);
  }

  get failed(): number {
    return this.count(isFailure);
  }

  /** From the first beginning to the last. */
  get seconds(): number {
    return Math.max(0, this.lastAt - this.firstAt) / 1000;
  }

  /** Orders ended for each second of the stage. */
  get perSecond(): number {
    return this.seconds > 0 ? this.ended.count / this.seconds : 0;
  }
}
