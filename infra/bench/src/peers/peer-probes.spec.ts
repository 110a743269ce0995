import { expect, it } from 'vitest';
import type { ArmResult } from '../arm-result.ts';
import type { Arm } from '../arms/arm.ts';
import { peerGoals, peerProbes } from './peer-probes.ts';

const probesOf = (name: string) => peerProbes({ arm: { name } as Arm, inFlight: 64, perSecond: 100 });

it('shows Temporal beside Ringshop at its rate like the others, and holds no goal against its development server', () => {
  const names = ['dbos', 'restate', 'temporal'].flatMap((peer) => probesOf(peer).map(({ name }) => name));
  expect(names).toContain('ringshop (at the highest rate of temporal)');
  const results = ['ringshop', ...names].map(
    (name) =>
      ({
        name,
        title: name,
        orders: 1,
        refused: 0,
        ordersPerSecond: 1,
        cpuMsPerOrder: 1,
        p99Ms: 1,
        rounds: [] as ArmResult['rounds'],
      }) as ArmResult,
  );
  const goals = peerGoals(results).map(({ goal }) => goal);
  expect(goals).toHaveLength(6);
  expect(goals.filter((goal) => goal.includes('temporal'))).toEqual([]);
});
