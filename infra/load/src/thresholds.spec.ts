import { expect, it } from 'vitest';
import { thresholdsIn, thresholdsOf } from './thresholds.ts';

it('reads k6’s summary, in which true says that a threshold was crossed', () => {
  const metrics = {
    'placed_to_terminal{scenario:steady}': {
      med: 40.1234,
      'p(99)': 120,
      thresholds: { 'p(50)<250': false, 'p(99)<100': true },
    },
    refused: { value: 0.012, thresholds: { 'rate<0.05': false } },
    failed: { count: 0, rate: 0, thresholds: { 'count==0': false } },
    iterations: { count: 7 },
  };
  expect(thresholdsOf({ metrics })).toEqual([
    { goal: 'placed_to_terminal{scenario:steady}: p(50)<250', measured: '40.123', met: true },
    { goal: 'placed_to_terminal{scenario:steady}: p(99)<100', measured: '120', met: false },
    { goal: 'refused: rate<0.05', measured: '0.012', met: true },
    { goal: 'failed: count==0', measured: '0', met: true },
  ]);
});

it('does not take thresholds that nobody judged for met', async () => {
  expect(await thresholdsIn('no/such/summary.json')).toMatchObject([{ met: false }]);
});
