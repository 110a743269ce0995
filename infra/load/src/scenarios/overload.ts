import { setFaults } from '@ringshop/operator';
import { type Context, type Goal, goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

/** What the payment provider can do, and so the peak. */
const authorisationsPerSecond = 100;

export const overload: Scenario = {
  shows: 'up to ten times what can be done costs nobody who is let in more than a short queue, and the rest little',
  takes: '2½ min',
  fromPost: true,
  prepare: async ({ system, tallies, atEnd }: Context) => {
    // Not left to the script, whose teardown is not reached where k6 is killed; and told before it is set: where the answer
    // gets lost it has been set all the same.
    atEnd(() => setFaults(system.simulators, {}));
    await setFaults(system.simulators, { authorisationsPerSecond });
    return { env: { PROVIDER_PER_SECOND: String(authorisationsPerSecond) }, judge: () => judgeOverload(tallies) };
  },
};

/**
 * Whether the system did its peak work for those it let in, and refused the others fast. Of a provider that was not held up
 * nothing is overloaded: more is completed then than it can do.
 */
export function judgeOverload(tallies: Tallies): Goal[] {
  const measured = [...tallies.stages].filter(([name]) => name !== 'warm-up').map(([, stage]) => stage);
  const peak = Math.max(...measured.map(({ perSecond }) => perSecond));
  const [calm, full] = [tallies.stage('calm'), tallies.stage('x10')];
  const [recovery, after] = [tallies.stage('recovery'), tallies.stage('after')];
  const share = full.perSecond / peak;
  // Nobody who is let in is the longest of all.
  const p99 = full.ended.count === 0 ? Number.POSITIVE_INFINITY : full.ended.percentile(99);
  const longer = p99 / calm.ended.percentile(99);
  const [refused, refusalMs] = [full.refusals.count, full.refusals.percentile(50)];
  // Over both stages: the first alone is no longer than the bound.
  const lastRefusalAt = Math.max(recovery.lastRefusalAt, after.lastRefusalAt);
  const lastRefusalS = Math.max(0, lastRefusalAt - recovery.firstAt) / 1000;
  const isOver = recovery.total > 0 && after.ended.count > 0 && lastRefusalS < 30;
  return [
    goal(
      'the peak, orders a second, at most 1.2 × what the provider can do',
      peak,
      peak <= 1.2 * authorisationsPerSecond,
    ),
    goal('completed at 10x against the peak, at least 0.8', share, share >= 0.8),
    goal('p99 of those let in at 10x against 70 %, at most 4', longer, longer <= 4),
    goal('refused at 10x, somebody', refused, refused > 0, 0),
    goal('a refusal at 10x takes, ms (median), under 50', refusalMs, refusalMs < 50),
    goal('last refusal after the load fell, s, within 30', lastRefusalS, isOver),
  ];
}
