import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

test('gives turns evenly, to whoever came at once, and saves up none', () => {
  let now = 0;
  const pace = new Pace(100, () => now);
  expect([pace.turn(), pace.turn(), pace.turn()]).toEqual([0, 10, 20]);
  now = 25;
  expect(pace.turn()).toBe(5);
  now = 5_000;
  expect([pace.turn(), pace.turn()]).toEqual([0, 10]);
});

test('has no limit at 0', () => {
  const pace = new Pace(0);
  expect([pace.turn(), pace.turn()]).toEqual([0, 0]);
});
