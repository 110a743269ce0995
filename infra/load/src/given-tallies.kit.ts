import { Tallies } from './tallies.ts';

export interface GivenStage {
  seconds?: number;
  outcomes: Record<string, number>;
  /** Of every order that ended. */
  ms?: number;
  refusalMs?: number;
  /** Seconds after the stage's beginning; of the last that was waited for in vain, too. */
  lastRefusalS?: number;
}

/** A run as k6 would have told it: stages one after the other, their outcomes spread evenly. */
export function givenTallies(stages: Record<string, GivenStage>): Tallies {
  const tallies = new Tallies();
  let begunAt = 1_000_000;
  for (const [stage, { seconds = 10, outcomes, ms = 50, refusalMs = 5, lastRefusalS }] of Object.entries(stages)) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      const refused = outcome === 'refused';
      const spanMs = 1000 * (refused || outcome === 'unended' ? (lastRefusalS ?? seconds) : seconds);
      for (let n = 0; n < count; n++) {
        const at = Math.round(begunAt + (count === 1 ? spanMs : (n * spanMs) / (count - 1)));
        tallies.add({ stage, begunAt: at, outcome, ms: refused ? refusalMs : ms });
      }
    }
    begunAt += seconds * 1000;
  }
  return tallies;
}
