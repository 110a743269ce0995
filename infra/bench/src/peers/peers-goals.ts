import type { ArmResult } from '../arm-result.ts';
import { atLeast, atMost, type Goal } from '../goal.ts';

/** A peer's arm, and Ringshop's at the peer's highest rate. */
export interface Compared {
  peer: ArmResult;
  ringshopAtItsRate: ArmResult;
}

/** P4: three goals for each peer, all ratios of this one run. */
export function peersGoals(ringshop: ArmResult, compared: Compared[]): Goal[] {
  return compared.flatMap(({ peer, ringshopAtItsRate }) => [
    atLeast('P4', `orders/s, against ${peer.title}`, 5, ringshop.ordersPerSecond / peer.ordersPerSecond, 8),
    atMost('P4', `CPU-ms an order, against ${peer.title}`, 0.2, ringshop.cpuMsPerOrder / peer.cpuMsPerOrder, 0.125),
    latencyGoal(peer, ringshopAtItsRate),
  ]);
}

/** A 99th percentile needs an answer for 99 of 100: one of those that were let in would look the better the more were not. */
function latencyGoal(peer: ArmResult, { orders, refused, p99Ms }: ArmResult): Goal {
  const goal = atMost('P4', `p99 at its highest rate, against ${peer.title}`, 0.5, p99Ms / peer.p99Ms);
  const share = refused / (orders + refused);
  if (share <= 0.01) return goal;
  return { ...goal, goal: `${goal.goal} (${Math.round(100 * share)} % refused)`, measured: null, met: false };
}
