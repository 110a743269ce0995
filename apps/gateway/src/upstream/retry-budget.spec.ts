import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

function budget() {
  const clock = { now: 0 };
  return { clock, it: new RetryBudget(() => clock.now) };
}
const takeAll = (it: RetryBudget) => {
  let taken = 0;
  while (it.take()) taken++;
  return taken;
};

test('while everything fails, a tenth is asked once more, and a few a second besides', () => {
  const { clock, it } = budget();
  let retries = 0;
  for (let n = 0; n < 100_000; n++) {
    it.deposit();
    if (it.take()) retries++;
    clock.now += 0.1;
  }
  expect(retries).toBeGreaterThan(10_000);
  expect(retries).toBeLessThan(10_000 + 10 * 11);
});

test('with hardly any traffic there are ten a second, and they are not saved up', () => {
  const { clock, it } = budget();
  expect(takeAll(it)).toBe(10);
  clock.now += 500;
  expect(takeAll(it)).toBe(5);
  clock.now += 60_000;
  expect(takeAll(it)).toBe(10);
});

test('much traffic without a failure does not allow a storm afterwards', () => {
  const { it } = budget();
  for (let n = 0; n < 1_000_000; n++) it.deposit();
  expect(takeAll(it)).toBe(100);
});
