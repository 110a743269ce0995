import type { OfRounds } from './of-rounds.ts';
import { round } from './statistics.ts';

/** What was to be reached, and what was. */
export interface Goal {
  /** `P3`; several entries may share one. */
  id: string;
  /** With its limit. */
  goal: string;
  limit?: number;
  /** What would be better still. */
  stretch?: number;
  /** null when this run could not measure it. */
  measured: number | null;
  /** By the exact number: `measured` is rounded. */
  met: boolean;
  /** How many rounds it comes from, where there were rounds. */
  rounds?: number | undefined;
  /** The lowest and the highest round, each by itself, where a round by itself has such a number. */
  range?: [number, number] | undefined;
}

/** A median of fewer is worth little, and says so. */
export const enoughRounds = 5;

type Value = number | OfRounds;

type Measured = [id: string, what: string, limit: number, measured: Value, stretch?: number];

export const atMost = (...measured: Measured): Goal => goalOf('≤', (value, limit) => value <= limit, measured);
export const atLeast = (...measured: Measured): Goal => goalOf('≥', (value, limit) => value >= limit, measured);

function goalOf(
  sign: string,
  isMet: (value: number, limit: number) => boolean,
  [id, what, limit, measured, stretch]: Measured,
): Goal {
  const { value, ...numbers } = shown(measured);
  return {
    id,
    goal: `${what} ${sign} ${limit}`,
    limit,
    ...(stretch !== undefined && { stretch }),
    ...numbers,
    met: isMet(value, limit),
  };
}

function shown(measured: Value) {
  if (typeof measured === 'number') return { value: measured, measured: two(measured) };
  const { value, rounds, each = [] } = measured;
  const range = each.length > 0 && { range: [Math.min(...each), Math.max(...each)].map(two) as [number, number] };
  return { value, measured: two(value), rounds, ...range };
}

const two = (value: number) => round(value, 2);

/**
 * A goal about a 99th percentile, which is of those that were let in: where more than one in a hundred was not it would look the better
 * the more were refused, so it is not met, and says how many.
 */
export function ofThoseLetIn(goal: Goal, { orders, refused }: { orders: number; refused: number }): Goal {
  const share = refused / (orders + refused);
  if (share <= 0.01) return goal;
  return { ...goal, goal: `${goal.goal} (${Math.round(100 * share)} % refused)`, met: false };
}

/** What it is about, and where that is so, that it stands on few rounds. */
export const titleOf = ({ goal, rounds = enoughRounds }: Goal): string =>
  rounds < enoughRounds ? `${goal} (from ${rounds} ${rounds === 1 ? 'round' : 'rounds'})` : goal;

export const rangeOf = ({ range }: Goal): string => (range ? range.join('–') : '–');

/** For a person: a line each. */
export function goalLines(goals: Goal[]): string[] {
  const width = Math.max(...goals.map((goal) => titleOf(goal).length));
  return goals.map((goal) => {
    const { measured, met, stretch, range } = goal;
    const more = [range && `rounds ${rangeOf(goal)}`, stretch !== undefined && `stretch ${stretch}`].filter(Boolean);
    const aside = more.length > 0 ? `   (${more.join(', ')})` : '';
    return `${met ? '✓' : '✗'} ${titleOf(goal).padEnd(width)}  ${measured ?? 'not measured'}${aside}`;
  });
}
