import type { ArmResult, Round } from '../arm-result.ts';
import { atLeast, atMost, type Goal, ofThoseLetIn } from '../goal.ts';
import { ofRounds, ratio } from '../of-rounds.ts';

/** A peer's arm, and Ringshop's at the peer's highest rate. */
export interface Compared {
  peer: ArmResult;
  ringshopAtItsRate: ArmResult;
}

/** P4: three goals for each peer, all ratios of this one run. */
export function peersGoals(ringshop: ArmResult, compared: Compared[]): Goal[] {
  const against = (peer: ArmResult, of: keyof Round, arm = ringshop) => ratio(ofRounds(arm, of), ofRounds(peer, of));
  return compared.flatMap(({ peer, ringshopAtItsRate }) => [
    atLeast('P4', `orders/s, against ${peer.title}`, 5, against(peer, 'ordersPerSecond'), 8),
    atMost('P4', `CPU-ms an order, against ${peer.title}`, 0.2, against(peer, 'cpuMsPerOrder'), 0.125),
    ofThoseLetIn(
      atMost('P4', `p99 at its highest rate, against ${peer.title}`, 0.5, against(peer, 'p99Ms', ringshopAtItsRate)),
      ringshopAtItsRate,
    ),
  ]);
}
