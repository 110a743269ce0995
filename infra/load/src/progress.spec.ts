import { expect, it } from 'vitest';
import { progressLine } from './progress.ts';
import { Tallies } from './tallies.ts';

const tallies = new Tallies();
const came = (stage: string, outcome = 'confirmed') => tallies.add({ stage, begunAt: 0, outcome, ms: 40 });

it('names the stages that something came of since the last line, and none that was before or that began last', () => {
  expect(progressLine(10, tallies)).toBe('10 s: tokens are being fetched');
  came('warm-up');
  came('browse', 'products');
  expect(progressLine(20, tallies)).toMatch(/^20 s, warm-up and browse: 1 orders ended/);
  for (const stage of ['buy', 'browse', 'buy']) came(stage, stage === 'buy' ? 'confirmed' : 'refused');
  expect(progressLine(30, tallies)).toMatch(/^30 s, browse and buy: 2 orders ended, p99 40 ms, 1 refused$/);
});

it('says so when nothing came', () => {
  expect(progressLine(40, tallies)).toBe('40 s: nobody was answered since the last line');
});
