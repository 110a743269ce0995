import type { Shop } from '../arms/ringshop/shop.ts';
import { replicasName } from './goals.ts';
import { type Probe, yardstickCell } from './probes.ts';
import type { Rounds } from './rounds.ts';

const probe = (replicas: 1 | 2, guess: number): Probe => ({
  name: replicasName(replicas),
  arm: 'ringshop',
  cell: yardstickCell,
  seconds: 5,
  guess,
});

export const replicaProbes: Probe[] = [probe(1, 500), probe(2, 500)];

/**
 * One replica of inventory, then two, then one again: a replica comes and goes with a rebalance and a cold compiler, so it
 * cannot do so in every round. Half of the rounds with one come before, half after.
 */
export async function compareReplicas(shop: Shop, rounds: Rounds, count: number): Promise<void> {
  const [one, two] = replicaProbes as [Probe, Probe];
  const take = async (which: Probe, times: number) => {
    for (let time = 0; time < times; time++) await rounds.take(which);
  };
  await take(one, Math.floor(count / 2));
  await shop.startSecondInventory();
  await rounds.settle(two, 15_000);
  await take(two, count);
  await shop.stopSecondInventory();
  await rounds.settle(one, 5_000);
  await take(one, Math.ceil(count / 2));
}
