import type { ArmResult, Round } from './arm-result.ts';
import { median } from './statistics.ts';

/** A number of a run, and how it was from round to round. */
export interface OfRounds {
  value: number;
  rounds: number;
  /** The same number of each round by itself; absent where the rounds of two results do not belong to each other. */
  each?: number[];
}

/** Of one arm in one cell: the median of its rounds. */
export const ofRounds = (arm: ArmResult, of: keyof Round): OfRounds => ({
  value: arm[of]!,
  rounds: arm.rounds.length,
  each: arm.rounds.map((round) => round[of]!),
});

/** One against another that took turns with it: a ratio of medians, which one disturbed round of either does not move. */
export function ratio(a: OfRounds, b: OfRounds): OfRounds {
  const found = ratioOfBlocks(a, b);
  if (!a.each || a.each.length !== b.each?.length) return found;
  return { ...found, each: a.each.map((value, round) => value / b.each![round]!) };
}

/** Of two that did not take turns: there is no round in which both were. */
export const ratioOfBlocks = (a: OfRounds, b: OfRounds): OfRounds => ({
  value: a.value / b.value,
  rounds: Math.min(a.rounds, b.rounds),
});

/** Where the load of each round was a share of what `b` did in this very round: then only this ratio means something, and its median counts. */
export function medianOfRatios(a: OfRounds, b: OfRounds): OfRounds {
  const found = ratio(a, b);
  return { ...found, value: median(found.each ?? []) };
}
