import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

const takeAll = (it: RetryBudget) => {
  let taken = 0;
  while (it.take()) taken++;
  return taken;
};

test('while everything fails, a tenth is asked once more, after the few of the start', () => {
  const it = new RetryBudget();
  let retries = 0;
  for (let n = 0; n < 100_000; n++) {
    it.deposit();
    if (it.take()) retries++;
  }
  expect(retries).toBeGreaterThanOrEqual(9_999);
  expect(retries).toBeLessThanOrEqual(10_010);
});

test('a lost connection of the first request is no error', () => {
  const it = new RetryBudget();
  it.deposit();
  expect(takeAll(it)).toBe(10);
});

test('much traffic without a failure does not allow a storm afterwards', () => {
  const it = new RetryBudget();
  for (let n = 0; n < 1_000_000; n++) it.deposit();
  expect(takeAll(it)).toBe(100);
});
