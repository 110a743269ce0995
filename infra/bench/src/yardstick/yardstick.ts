import type { ArmResult } from '../arm-result.ts';
import type { Arm, StartArm } from '../arms/arm.ts';
import { startOneTransaction } from '../arms/one-transaction/one-transaction-arm.ts';
import { startRingshop, startTextbook } from '../arms/ringshop/ringshop-arm.ts';
import type { Shop } from '../arms/ringshop/shop.ts';
import { startTwoPhaseCommit } from '../arms/two-phase-commit/two-phase-arm.ts';
import type { Goal } from '../goal.ts';
import { Measure } from '../measure.ts';
import { onArms } from '../on-arms.ts';
import { installedPeerStarts, peerGoals, peerNames, peerProbes } from '../peers/peer-probes.ts';
import { tune } from '../peers/tune.ts';
import { allGoals, yardstickGoals } from './goals.ts';
import { compareReplicas, replicaProbes } from './inventory-replicas.ts';
import { matrixProbes, quickProbes, yardstickCell, yardstickProbes } from './probes.ts';
import { ringLookup } from './ring-lookup.ts';
import { Rounds, type WarmUp, warmUp } from './rounds.ts';
import { resultsOf, takeRounds } from './take-rounds.ts';

export interface Result {
  arms: ArmResult[];
  goals: Goal[];
}

export interface HowLong {
  rounds: number;
  /** All of them, however long they take. */
  whole?: boolean;
  note: (text: string) => void;
}

const start: StartArm[] = [startOneTransaction, startTwoPhaseCommit, startTextbook, startRingshop];
/** Orders, or ms, whichever is over first. */
const usualWarmUp: WarmUp = { orders: 10_000, ms: 20_000 };
/** The broker's optimising compiler is still at work after the first ten thousand, and textbook does them one by one. */
const warmUps: Record<string, WarmUp> = {
  textbook: { orders: 10_000, ms: 40_000 },
  ringshop: { orders: 40_000, ms: 60_000 },
};

/** Ms after the start: what comes after the rounds takes two to three minutes more. */
const roundsEnd = 1_050_000;

/** Every arm in its yardstick cell, and what P1 to P10 ask for besides, in rounds. Within 20 minutes, unless it is to be whole. */
export async function yardstick({ rounds: count, whole = false, note }: HowLong): Promise<Result> {
  const all = [...start, ...(await installedPeerStarts())];
  return onArms({ withinMs: whole ? 3_600_000 : 1_500_000, note, start: all }, async (arms, { signal }) => {
    const ring = ringLookup();
    const measure = new Measure(signal);
    await warmUpAll(measure, arms, note);
    const probes = [...yardstickProbes];
    for (const arm of arms.filter(({ name }) => peerNames.includes(name)))
      probes.push(...peerProbes(await tune(measure, arm, note)));
    const rounds = await takeRounds(new Rounds(measure, arms, note), probes, {
      count,
      note,
      ...(!whole && { untilMs: roundsEnd }),
    });
    note('one replica of inventory, and two');
    await compareReplicas(arms.find(({ name }) => name === 'ringshop') as Shop, rounds, count);
    const results = await resultsOf(arms, rounds, [...probes, ...replicaProbes], note);
    return { arms: results, goals: allGoals(results, ring, peerGoals(results)) };
  });
}

/** The whole system and the yardstick alone. */
export function quick({ rounds: count, note }: HowLong): Promise<Result> {
  const two = [startOneTransaction, startRingshop];
  return onArms({ withinMs: 900_000, note, start: two }, async (arms, { signal }) => {
    const measure = new Measure(signal);
    await warmUpAll(measure, arms, note);
    const rounds = await takeRounds(new Rounds(measure, arms, note), quickProbes, { count, note });
    const results = await resultsOf(arms, rounds, quickProbes, note);
    return { arms: results, goals: yardstickGoals(...(results as [ArmResult, ArmResult])) };
  });
}

/** Payment latency and hot SKUs, for every arm. No goals: it is there to be looked at. */
export function matrix({ rounds: count, note }: HowLong): Promise<Result> {
  return onArms({ withinMs: 7_200_000, note, start }, async (arms, { signal }) => {
    const measure = new Measure(signal);
    await warmUpAll(measure, arms, note);
    const rounds = await takeRounds(new Rounds(measure, arms, note), matrixProbes, { count, note });
    return { arms: await resultsOf(arms, rounds, matrixProbes, note), goals: [] };
  });
}

/** Peers are warmed up where they are tuned. */
async function warmUpAll(measure: Measure, arms: Arm[], note: (text: string) => void): Promise<void> {
  for (const arm of arms.filter(({ name }) => !peerNames.includes(name))) {
    note(`warming up: ${arm.name}`);
    const guess = yardstickProbes.find((probe) => probe.arm === arm.name)!.guess;
    await warmUp(measure, arm, { cell: yardstickCell, guess }, warmUps[arm.name] ?? usualWarmUp);
  }
}
