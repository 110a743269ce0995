import { rememberPeak } from '../peak.ts';
import { goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

export const ramp: Scenario = {
  shows: 'how many orders a second can be completed; `steady` and `soak` go by it',
  takes: '1–2½ min',
  prepare: ({ tallies }) => ({
    isEnough: () => isPastThePeak(tallies),
    judge: async () => {
      const peak = Math.round(peakOf(tallies));
      if (peak > 0) await rememberPeak(peak);
      return [goal('orders completed a second at the peak', peak, peak > 0, 0)];
    },
  }),
};

const steps = (tallies: Tallies) =>
  [...tallies.stages].filter(([name]) => name !== 'warm-up').map(([, stage]) => stage);

/** The best that was completed in any step: not what was asked for there. */
export const peakOf = (tallies: Tallies) => Math.max(0, ...steps(tallies).map(({ perSecond }) => perSecond));

/** Two steps in a row that completed less than nine tenths of what was asked; the step under way does not count. */
export function isPastThePeak(tallies: Tallies): boolean {
  const last = steps(tallies).slice(-3, -1);
  return last.length === 2 && last.every(({ ended, total }) => ended.count < 0.9 * total);
}
