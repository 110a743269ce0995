import { type ArmResult, armResult } from '../arm-result.ts';
import type { Arm } from '../arms/arm.ts';
import type { Probe } from './probes.ts';
import type { Rounds } from './rounds.ts';

/** Every probe in turn, so many times. */
export async function takeRounds(
  rounds: Rounds,
  probes: Probe[],
  { count, note }: { count: number; note: (text: string) => void },
) {
  for (let round = 1; round <= count; round++) {
    note(`round ${round} of ${count}`);
    for (const probe of probes) await rounds.take(probe);
  }
  return rounds;
}

/** What every probe came to; no number of it counts unless the books of every arm add up. */
export async function resultsOf(arms: Arm[], rounds: Rounds, probes: Probe[], note: (text: string) => void) {
  const results: ArmResult[] = [];
  for (const probe of probes) {
    const arm = arms.find(({ name }) => name === probe.arm)!;
    const { perSecond } = rounds.workOf(probe);
    const cell = { ...probe.cell, ...(perSecond !== undefined && { perSecond }) };
    results.push(await armResult(arm, cell, rounds.samples.get(probe.name)!, probe.name));
  }
  for (const arm of arms) {
    note(`checking the books of ${arm.name}`);
    await arm.checkBooks();
  }
  return results;
}
