import { expect, it } from 'vitest';
import { asJson, median, percentileOf } from './statistics.ts';

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

it('a result is written with six digits of what is no whole number', () => {
  const text = asJson({ orders: 12_345_678, rate: 1_805.337_29, each: [0.000_123_456_78, null], met: true });
  expect(JSON.parse(text)).toEqual({ orders: 12_345_678, rate: 1_805.34, each: [0.000_123_457, null], met: true });
});
