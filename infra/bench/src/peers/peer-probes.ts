import type { ArmResult } from '../arm-result.ts';
import type { StartArm } from '../arms/arm.ts';
import type { Goal } from '../goal.ts';
import { type Probe, yardstickCell } from '../yardstick/probes.ts';
import { startDbos } from './dbos.ts';
import { installedPeers } from './install-peers.ts';
import { peersGoals } from './peers-goals.ts';
import { startRestate } from './restate.ts';
import type { Tuned } from './tune.ts';

/** Whom P4 names. */
export const peerNames = ['dbos', 'restate'];

const atRateOf = (peer: string) => `ringshop (at the highest rate of ${peer})`;

/** To take part in another run; none while they are not installed. */
export async function installedPeerStarts(): Promise<StartArm[]> {
  const modules = await installedPeers();
  if (modules === undefined) return [];
  return peerStarts(modules);
}

export const peerStarts = (modules: string): StartArm[] =>
  [startDbos, startRestate].map((start) => (bench) => start(bench, modules));

/** A peer at its best, and Ringshop at the rate that this just was. */
export function peerProbes({ arm: { name }, inFlight, perSecond }: Tuned): Probe[] {
  const common = { seconds: 5, guess: perSecond };
  return [
    { ...common, name, arm: name, cell: { ...yardstickCell, inFlight }, commits: true },
    { ...common, name: atRateOf(name), arm: 'ringshop', cell: yardstickCell, open: { share: 1, of: name } },
  ];
}

/** P4, of the peers that took part. */
export function peerGoals(arms: ArmResult[]): Goal[] {
  const of = (name: string) => arms.find((arm) => arm.name === name);
  const compared = peerNames.flatMap((name) => {
    const [peer, ringshopAtItsRate] = [of(name), of(atRateOf(name))];
    return peer && ringshopAtItsRate ? [{ peer, ringshopAtItsRate }] : [];
  });
  return peersGoals(of('ringshop')!, compared);
}
