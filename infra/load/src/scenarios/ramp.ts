import { rememberPeak } from '../peak.ts';
import { goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

export const ramp: Scenario = {
  shows: 'how many orders a second can be completed; `steady` and `soak` go by it',
  takes: '1–2½ min',
  prepare: ({ tallies }) => {
    let isCutOff = false;
    const peak = () => Math.round(peakOf(tallies, isCutOff));
    return {
      isEnough: () => {
        isCutOff = isPastThePeak(tallies);
        return isCutOff;
      },
      judge: () => [goal('orders completed a second at the peak', peak(), peak() > 0, 0)],
      whenGreen: () => rememberPeak(peak()),
    };
  },
};

const steps = (tallies: Tallies) =>
  [...tallies.stages].filter(([name]) => name !== 'warm-up').map(([, stage]) => stage);

/**
 * The best that was completed in any step: not what was asked for there. A last step that was cut off may be two orders in a
 * millisecond, which is no rate.
 */
export const peakOf = (tallies: Tallies, isCutOff: boolean) =>
  Math.max(
    0,
    ...steps(tallies)
      .slice(0, isCutOff ? -1 : undefined)
      .map(({ perSecond }) => perSecond),
  );

/** Two steps in a row that completed less than nine tenths of what was asked; the step under way does not count. */
export function isPastThePeak(tallies: Tallies): boolean {
  const last = steps(tallies).slice(-3, -1);
  return last.length === 2 && last.every(({ ended, total }) => ended.count < 0.9 * total);
}
