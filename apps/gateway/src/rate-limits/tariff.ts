import type { Rate } from './rate.ts';

export interface Verdict {
  letIn: boolean;
  /** How many more may come at once. */
  remaining: number;
  /** Whole seconds until all of the limit is free again; for one that is refused, until one more may come. */
  seconds: number;
}

const quietPart = 40;

/**
 * The generic cell rate algorithm (GCRA, ITU-T I.371): each request costs the time after which one more is allowed, and who
 * owes so much that one more does not fit into the window is refused. `consume.lua` does the same.
 */
export class Tariff {
  // Whole microseconds, so that exactly `limit` of them fit into the most that may be owed, in Redis and here.
  readonly costUs: number;
  readonly mostUs: number;
  readonly costMs: number;
  /** As `consume.lua` reads it. */
  readonly text: string;
  /**
   * What is too little for Redis to hear of: a fortieth of the limit at once, and again over a window, so in any window no more
   * than a twentieth of the limit. None where a fortieth is not even one.
   */
  readonly quiet: Tariff | undefined;

  constructor({ limit, windowSeconds }: Rate) {
    this.costUs = Math.floor((windowSeconds * 1e6) / limit);
    this.mostUs = this.costUs * limit;
    this.costMs = this.costUs / 1_000;
    this.text = `${this.costUs}:${this.mostUs}`;
    this.quiet = limit < quietPart ? undefined : new Tariff({ limit: Math.floor(limit / quietPart), windowSeconds });
  }

  /** When nothing is owed any more, once one more was let in; undefined when it does not fit. */
  freeAfter(freeAt: number, now: number): number | undefined {
    const owedMs = Math.max(0, freeAt - now);
    return this.left(owedMs) < 1 ? undefined : now + owedMs + this.costMs;
  }

  /** How many more fit. The tolerance is for fractions of a millisecond that a double cannot hold. */
  left(owedMs: number): number {
    return Math.floor((this.mostUs - owedMs * 1_000) / this.costUs + 1e-6);
  }

  letIn(owedMs: number): Verdict {
    return { letIn: true, remaining: Math.max(0, this.left(owedMs)), seconds: Math.ceil(owedMs / 1_000) };
  }

  refused(owedMs: number): Verdict {
    const waitMs = owedMs + this.costMs - this.mostUs / 1_000;
    return { letIn: false, remaining: 0, seconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
  }
}
