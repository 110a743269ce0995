import type { ArmResult } from '../arm-result.ts';
import { atLeast, atMost, type Goal, ofThoseLetIn } from '../goal.ts';

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
    ofThoseLetIn(
      atMost('P4', `p99 at its highest rate, against ${peer.title}`, 0.5, ringshopAtItsRate.p99Ms / peer.p99Ms),
      ringshopAtItsRate,
    ),
  ]);
}
