import { expect, it } from 'vitest';
import type { ArmResult } from '../arm-result.ts';
import { peersGoals } from './peers-goals.ts';

const arm = (title: string, ordersPerSecond: number, cpuMsPerOrder: number, p99Ms: number): ArmResult => ({
  name: title,
  arm: title,
  title,
  settings: [],
  cell: { paymentMs: 0, hotSkus: 1_000, inFlight: 256 },
  orders: 1_000,
  ordersPerSecond,
  cpuMsPerOrder,
  parts: {},
  p50Ms: 1,
  p99Ms,
  refused: 0,
  rounds: [],
});

it('holds a peer to three goals, and takes the latency from Ringshop at the rate of the peer', () => {
  const ringshop = arm('ringshop', 1_500, 1.5, 400);
  const compared = (peer: ArmResult, p99Ms: number) => ({ peer, ringshopAtItsRate: arm('ringshop', 300, 2, p99Ms) });
  const goals = peersGoals(ringshop, [
    compared(arm('slow', 150, 15, 900), 90),
    compared(arm('fast', 600, 3, 200), 150),
  ]);
  expect(goals.map(({ id, measured, met }) => [id, measured, met])).toEqual([
    ['P4', 10, true],
    ['P4', 0.1, true],
    ['P4', 0.1, true],
    ['P4', 2.5, false],
    ['P4', 0.5, false],
    ['P4', 0.75, false],
  ]);
});

it('is no good 99th percentile where more than one order in a hundred was refused', () => {
  const goalOf = (refused: number) => {
    const ringshopAtItsRate = { ...arm('ringshop', 600, 2, 90), orders: 990, refused };
    return peersGoals(arm('ringshop', 1_500, 1.5, 400), [{ peer: arm('dbos', 150, 15, 900), ringshopAtItsRate }])[2]!;
  };
  expect(goalOf(10)).toMatchObject({ measured: 0.1, met: true });
  expect(goalOf(330)).toMatchObject({ measured: 0.1, met: false, goal: expect.stringMatching(/\(25 % refused\)$/) });
});
