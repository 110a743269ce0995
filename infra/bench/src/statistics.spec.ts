import { expect, it } from 'vitest';
import { median, percentileOf } from './statistics.ts';

it('the median of an even number of rounds lies between the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 10, 2])).toBe(3);
});

it('one disturbed round does not move the median', () => {
  expect(median([100, 101, 102, 103, 900])).toBe(102);
});

it('a percentile is a value that was measured, in whatever order', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentileOf(values, 0.5)).toBe(51);
  expect(percentileOf(values, 0.99)).toBe(100);
  expect(percentileOf([], 0.5)).toBeNaN();
});
