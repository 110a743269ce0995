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
  met: boolean;
}

export const atMost = (id: string, what: string, limit: number, measured: number, stretch?: number): Goal => ({
  id,
  goal: `${what} ≤ ${limit}`,
  limit,
  ...(stretch !== undefined && { stretch }),
  measured: round(measured, 2),
  met: measured <= limit,
});

export const atLeast = (id: string, what: string, limit: number, measured: number, stretch?: number): Goal => ({
  id,
  goal: `${what} ≥ ${limit}`,
  limit,
  ...(stretch !== undefined && { stretch }),
  measured: round(measured, 2),
  met: measured >= limit,
});

/**
 * A goal about a 99th percentile, which is of those that were let in: where more than one in a hundred was not it would look the better
 * the more were refused, so it is not met, and says how many.
 */
export function ofThoseLetIn(goal: Goal, { orders, refused }: { orders: number; refused: number }): Goal {
  const share = refused / (orders + refused);
  if (share <= 0.01) return goal;
  return { ...goal, goal: `${goal.goal} (${Math.round(100 * share)} % refused)`, met: false };
}

/** For a person: a line each. */
export function goalLines(goals: Goal[]): string[] {
  const width = Math.max(...goals.map(({ goal }) => goal.length));
  return goals.map(({ goal, measured, met, stretch }) => {
    const better = stretch === undefined ? '' : `   (stretch ${stretch})`;
    return `${met ? '✓' : '✗'} ${goal.padEnd(width)}  ${measured ?? 'not measured'}${better}`;
  });
}
