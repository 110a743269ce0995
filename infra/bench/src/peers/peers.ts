import type { ArmResult } from '../arm-result.ts';
import type { StartArm } from '../arms/arm.ts';
import { startRingshop } from '../arms/ringshop/ringshop-arm.ts';
import type { Goal } from '../goal.ts';
import { Measure } from '../measure.ts';
import { onArms } from '../on-arms.ts';
import { quickProbes } from '../yardstick/probes.ts';
import { Rounds, warmUp } from '../yardstick/rounds.ts';
import { resultsOf, takeRounds } from '../yardstick/take-rounds.ts';
import { installPeers, temporalSdk } from './install-peers.ts';
import { peerGoals, peerProbes, peerStarts } from './peer-probes.ts';
import { findTemporal, startTemporal, temporalLeftOut } from './temporal.ts';
import { tune } from './tune.ts';

/** The broker's optimising compiler is still at work after the first ten thousand. */
const ringshopWarmUp = { orders: 30_000, ms: 30_000 };
const ringshopProbe = quickProbes.find(({ arm }) => arm === 'ringshop')!;

export interface PeersResult {
  arms: ArmResult[];
  goals: Goal[];
}

/** Ringshop and workflow engines that do the same order, in turn, in one run. Installs the engines first. */
export async function peers(count: number, note: (text: string) => void): Promise<PeersResult> {
  const start = [startRingshop, ...(await startPeers(note))];
  return onArms({ withinMs: 900_000, note, start }, async (arms, { signal }) => {
    const [ringshop, ...others] = arms;
    const measure = new Measure(signal);
    note('warming up: ringshop');
    await warmUp(measure, ringshop!, ringshopProbe, ringshopWarmUp);
    const probes = [ringshopProbe];
    for (const arm of others) probes.push(...peerProbes(await tune(measure, arm, note)));
    const rounds = await takeRounds(new Rounds(measure, arms, note), probes, { count, note });
    const results = await resultsOf(arms, rounds, probes, note);
    return { arms: results, goals: peerGoals(results) };
  });
}

/** Temporal is never installed: it takes part where its command is there. */
async function startPeers(note: (text: string) => void): Promise<StartArm[]> {
  const start = peerStarts(await installPeers(note));
  const temporal = await findTemporal();
  if (temporal === undefined) {
    note(temporalLeftOut);
    return start;
  }
  const modules = await installPeers(note, temporalSdk);
  return [...start, (bench) => startTemporal(bench, modules, temporal)];
}
