import { type ArmResult, armResult } from '../arm-result.ts';
import type { Arm } from '../arms/arm.ts';
import type { Probe } from './probes.ts';
import type { Rounds } from './rounds.ts';

/** Every probe in turn, so many times; on a slow machine less often than that, as long as another round is in time. */
export async function takeRounds(
  rounds: Rounds,
  probes: Probe[],
  {
    count,
    note,
    untilMs = Number.POSITIVE_INFINITY,
  }: { count: number; note: (text: string) => void; untilMs?: number },
) {
  let longest = 0;
  for (let round = 1; round <= count; round++) {
    const began = performance.now();
    if (round > 1 && began + longest > untilMs) {
      note(`no time for round ${round}`);
      break;
    }
    note(`round ${round} of ${count}`);
    for (const probe of probes) await rounds.take(probe);
    longest = Math.max(longest, performance.now() - began);
  }
  return rounds;
}

/** What every probe came to; no number of it counts unless the books of every arm add up. */
export async function resultsOf(arms: Arm[], rounds: Rounds, probes: Probe[], note: (text: string) => void) {
  const results: ArmResult[] = [];
  for (const probe of probes) {
    const arm = arms.find(({ name }) => name === probe.arm)!;
    const perSecond = rounds.perSecondOf(probe);
    const cell = { ...probe.cell, ...(perSecond !== undefined && { perSecond }) };
    results.push(await armResult(arm, cell, rounds.samples.get(probe.name)!, probe.name));
  }
  for (const arm of arms) {
    note(`checking the books of ${arm.name}`);
    await arm.checkBooks();
  }
  return results;
}
