import type { Verb } from './call-log.ts';
import { type Fault, faults } from './fault.ts';
import { Pace } from './pace.ts';

export interface Faults extends Partial<Record<Fault, number>> {
  /** What a 429 tells its caller to wait. */
  retryAfterS?: number;
  /** Spares calls of every other kind; without it any call can be hit. */
  only?: Verb;
  /** Added to every call that may move money; not to a look-up. */
  latencyMs?: number;
  /** Authorisations wait for their turn; 0 is no limit. */
  authorisationsPerSecond?: number;
}

/** Faults of the whole provider: so many of its next calls go wrong, whichever payment they are for. */
export class FaultSwitch {
  readonly authorisations: Pace;
  readonly #usualLatencyMs: number;
  readonly #usualPerSecond: number;
  #left = new Map<Fault, number>();
  #only: Verb | undefined;
  #turn = 0;
  retryAfterS = 1;
  latencyMs: number;

  constructor(usualLatencyMs: number, authorisationsPerSecond = 0) {
    this.#usualLatencyMs = usualLatencyMs;
    this.latencyMs = usualLatencyMs;
    this.#usualPerSecond = authorisationsPerSecond;
    this.authorisations = new Pace(authorisationsPerSecond);
  }

  /** Replaces what was set before; nothing named heals everything. */
  set({ retryAfterS = 1, latencyMs = this.#usualLatencyMs, authorisationsPerSecond, only, ...counts }: Faults): void {
    this.#only = only;
    this.authorisations.perSecond = authorisationsPerSecond ?? this.#usualPerSecond;
    this.retryAfterS = retryAfterS;
    this.latencyMs = latencyMs;
    this.#left = new Map(faults.map((fault) => [fault, counts[fault] ?? 0]));
  }

  get left(): Record<Fault, number> {
    return Object.fromEntries(faults.map((fault) => [fault, this.#left.get(fault) ?? 0])) as Record<Fault, number>;
  }

  /** The kinds take turns, so that a few of each reach different calls. */
  next(verb: Verb): Fault | undefined {
    if (this.#only !== undefined && this.#only !== verb) return undefined;
    for (let tried = 0; tried < faults.length; tried++) {
      const fault = faults[this.#turn++ % faults.length]!;
      const left = this.#left.get(fault) ?? 0;
      if (left === 0) continue;
      this.#left.set(fault, left - 1);
      return fault;
    }
    return undefined;
  }
}
