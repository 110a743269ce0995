import { expect, it } from 'vitest';
import { atLeast, atMost, enoughRounds, goalLines } from './goal.ts';

const of = (rounds: number) => ({
  value: 2,
  rounds,
  each: Array.from({ length: rounds }, (_, round) => 1 + round / 3),
});

it('is judged by the exact number, and shows two digits of it and of the lowest and the highest round', () => {
  const goal = atLeast('P2', 'orders/s', 0.5, { value: 0.4999, rounds: 5, each: [0.61234, 0.4, 0.5, 0.45, 0.4999] });
  expect(goal).toMatchObject({ measured: 0.5, met: false, rounds: 5, range: [0.4, 0.61] });
  expect(atMost('P8', 'ns', 250, 186.519)).toEqual({
    id: 'P8',
    goal: 'ns ≤ 250',
    limit: 250,
    measured: 186.52,
    met: true,
  });
});

it('says when it stands on few rounds', () => {
  const [few, enough, one] = goalLines(
    [enoughRounds - 1, enoughRounds, 1].map((n) => atMost('P1', 'CPU', 2, of(n), 1)),
  );
  expect(few).toMatch(/^✓ CPU ≤ 2 \(from 4 rounds\) {2}2 {3}\(rounds 1–2, stretch 1\)$/);
  expect(enough).toMatch(/^✓ CPU ≤ 2 +2 {3}\(rounds 1–2.33, stretch 1\)$/);
  expect(one).toContain('(from 1 round)');
  expect(goalLines([atMost('P8', 'ns', 250, 1)])).toEqual(['✓ ns ≤ 250  1']);
});
