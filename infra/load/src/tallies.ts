import type { Sample } from './sample.ts';
import { Tally } from './tally.ts';

const mostIntervals = 300;

/** All of a run: by stage, and over time. Its size does not depend on how long the run is: intervals become longer. */
export class Tallies {
  readonly stages = new Map<string, Tally>();
  /** By number of the interval since the first sample. */
  intervals = new Map<number, Tally>();
  intervalMs = 1000;
  startedAt: number | undefined;
  /** Ids of acknowledged orders, which the audit asks for: the one thing that grows with the run. */
  readonly acknowledged = new Set<string>();
  #recent = { stages: new Set<string>(), tally: new Tally() };
  readonly #seen = new Map<string, PromiseWithResolvers<void>>();

  add(sample: Sample): void {
    this.startedAt ??= sample.begunAt;
    if (sample.orderId) this.acknowledged.add(sample.orderId);
    const stage = this.stages.get(sample.stage) ?? new Tally();
    this.stages.set(sample.stage, stage);
    stage.add(sample);
    this.#recent.stages.add(sample.stage);
    this.#recent.tally.add(sample);
    this.#interval(Math.max(0, sample.begunAt - this.startedAt)).add(sample);
    this.#first(sample.stage).resolve();
  }

  stage(name: string): Tally {
    return this.stages.get(name) ?? new Tally();
  }

  /** Resolves with the first outcome of a stage. */
  begun(stage: string): Promise<void> {
    return this.#first(stage).promise;
  }

  /** All that came since this was called before, and of which stages, in the order in which they began. */
  takeRecent(): { stages: string[]; tally: Tally } {
    const { stages, tally } = this.#recent;
    this.#recent = { stages: new Set(), tally: new Tally() };
    return { stages: [...this.stages.keys()].filter((stage) => stages.has(stage)), tally };
  }

  #first(stage: string): PromiseWithResolvers<void> {
    const seen = this.#seen.get(stage) ?? Promise.withResolvers<void>();
    this.#seen.set(stage, seen);
    return seen;
  }

  #interval(sinceMs: number): Tally {
    while (Math.floor(sinceMs / this.intervalMs) >= mostIntervals) this.#widen();
    const number = Math.floor(sinceMs / this.intervalMs);
    const tally = this.intervals.get(number) ?? new Tally();
    this.intervals.set(number, tally);
    return tally;
  }

  #widen(): void {
    const wider = new Map<number, Tally>();
    for (const [number, tally] of this.intervals) {
      const into = wider.get(number >> 1) ?? new Tally();
      into.merge(tally);
      wider.set(number >> 1, into);
    }
    this.intervals = wider;
    this.intervalMs *= 2;
  }
}
