import { expect, test } from 'vitest';
import { conclude } from './gateway-bench.ts';

const rounds = (...cpuUs: number[]) => cpuUs.map((us) => ({ cpuUs: us, perSecond: 1_000 }));

test('the goal is judged by the median of the rounds, so that one disturbed round decides nothing', () => {
  const met = conclude({ proxy: rounds(100, 100, 100), gateway: rounds(110, 120, 900) });
  expect(met.goals).toMatchObject([{ id: 'gateway-cpu', measured: 1.2, met: true }]);
  const missed = conclude({ proxy: rounds(100, 200, 100), gateway: rounds(130, 260, 90) });
  expect(missed.goals).toMatchObject([{ measured: 1.3, met: false }]);
  expect(missed).toMatchObject({
    ratioQuartiles: [0.9, 1.3],
    arms: [{ cpuUsPerRequest: 100 }, { cpuUsPerRequest: 130 }],
  });
});
