import { expect, it } from 'vitest';
import { readSample } from './sample.ts';
import { Tallies } from './tallies.ts';

const id = '0192f0c1-0000-7000-8000-000000000001';

it('reads what a script notes, and leaves what k6 says to people', () => {
  expect(readSample(`@ x10 1764172800123 confirmed 23.40 ${id}`)).toEqual({
    ...{ stage: 'x10', begunAt: 1_764_172_800_123, outcome: 'confirmed', ms: 23.4, orderId: id },
  });
  expect(readSample('@ browse 1764172800123 failed:502 3.00 -')).not.toHaveProperty('orderId');
  expect(readSample("thresholds on metrics 'failed' have been crossed")).toBeUndefined();
});

it('keeps stages apart, and each acknowledged order once', () => {
  const tallies = new Tallies();
  for (const stage of ['calm', 'x10'])
    for (let n = 0; n <= 10; n++)
      tallies.add({
        stage,
        begunAt: 5000 + n * 100,
        outcome: 'confirmed',
        ms: stage === 'calm' ? 10 : 100,
        orderId: id,
      });
  const { ended, perSecond } = tallies.stage('x10');
  expect([ended.count, perSecond]).toEqual([11, 11]);
  expect(ended.percentile(50)).toBeGreaterThan(98);
  expect(tallies.stage('calm').ended.percentile(99)).toBeLessThan(11);
  expect([...tallies.acknowledged]).toEqual([id]);
});

it('makes its intervals longer instead of more, and loses nothing', () => {
  const tallies = new Tallies();
  const seconds = 10_000;
  for (let n = 0; n < seconds; n++) tallies.add({ stage: 'soak', begunAt: n * 1000, outcome: 'confirmed', ms: 5 });
  const intervals = [...tallies.intervals.values()];
  expect(intervals.length).toBeLessThanOrEqual(300);
  expect(intervals.length).toBeGreaterThan(150);
  expect(intervals.reduce((sum, { ended }) => sum + ended.count, 0)).toBe(seconds);
  expect(tallies.intervalMs * intervals.length).toBeGreaterThanOrEqual(seconds * 1000);
});
