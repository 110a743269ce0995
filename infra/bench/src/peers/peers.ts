import { type ArmResult, armResult } from '../arm-result.ts';
import type { Arm, Cell } from '../arms/arm.ts';
import { startRingshop } from '../arms/ringshop/ringshop-arm.ts';
import type { Goal } from '../goal.ts';
import { Measure, type Sample } from '../measure.ts';
import { onArms } from '../on-arms.ts';
import { startDbos } from './dbos.ts';
import { installPeers } from './install-peers.ts';
import { type Compared, peersGoals } from './peers-goals.ts';
import { startRestate } from './restate.ts';

const rounds = 5;
const roundSeconds = 5;
const cell = { paymentMs: 0, hotSkus: 1_000 };
const ringshopCell: Cell = { ...cell, inFlight: 256 };
/** The broker's optimising compiler is still at work after the first ten thousand. */
const ringshopWarmUp = 24_000;
const peerWarmUp = { orders: 10_000, ms: 20_000 };
/** Tried with each peer, which keeps the one that gives the most orders a second. */
const inFlights = [32, 64, 128, 256];

export interface PeersResult {
  arms: ArmResult[];
  goals: Goal[];
  /** A line for each peer that could not take part. */
  leftOut: string[];
}

/** A peer as it is measured. */
export interface Tuned {
  arm: Arm;
  inFlight: number;
  /** The most that it was seen to do. */
  perSecond: number;
  samples: Sample[];
  /** Of Ringshop at that rate, in an open loop. */
  ringshop: Sample[];
}

/** Ringshop and workflow engines that do the same order, in turn, in one run. Installs the engines first. */
export async function peers(note: (text: string) => void): Promise<PeersResult> {
  const modules = await installPeers(note);
  const start = [startRingshop, startDbos, startRestate].map(
    (each) => (bench: Parameters<typeof startRingshop>[0]) => each(bench, modules),
  );
  return onArms({ withinMs: 900_000, note, start }, async ([ringshop, ...others], { signal }) => {
    const measure = new Measure(signal);
    note(`ringshop: warming up with ${ringshopWarmUp} orders`);
    await measure.stretch(ringshop!, { ...ringshopCell, orders: ringshopWarmUp });
    const tuned: Tuned[] = [];
    for (const arm of others) tuned.push(await tune(measure, arm, note));
    const samples: Sample[] = [];
    for (let round = 1; round <= rounds; round++) {
      note(`round ${round} of ${rounds}`);
      samples.push(await measure.stretch(ringshop!, { ...ringshopCell, orders: 4_000 }));
      for (const each of tuned) await playRound(measure, ringshop!, each);
    }
    note('checking the books of every arm');
    for (const arm of [ringshop!, ...others]) await arm.checkBooks();
    return conclude(ringshop!, samples, tuned);
  });
}

/** Warms a peer up and finds how many orders in flight suit it best. */
export async function tune(measure: Measure, arm: Arm, note: (text: string) => void): Promise<Tuned> {
  note(`${arm.name}: warming up`);
  const began = performance.now();
  let warm = { orders: 0, seconds: 0 };
  while (warm.orders < peerWarmUp.orders && performance.now() - began < peerWarmUp.ms) {
    const { orders, seconds } = await measure.stretch(arm, { ...cell, inFlight: 64, orders: 400 });
    warm = { orders: warm.orders + orders, seconds: warm.seconds + seconds };
  }
  const orders = Math.ceil((warm.orders / warm.seconds) * roundSeconds);
  let best = { inFlight: 0, perSecond: 0 };
  for (const inFlight of inFlights) {
    const sample = await measure.stretch(arm, { ...cell, inFlight, orders });
    const perSecond = Math.round(sample.orders / sample.seconds);
    note(`${arm.name}: ${inFlight} in flight: ${perSecond} orders/s`);
    if (perSecond > best.perSecond) best = { inFlight, perSecond };
  }
  return { arm, ...best, samples: [], ringshop: [] };
}

async function playRound(measure: Measure, ringshop: Arm, tuned: Tuned): Promise<void> {
  const { arm, inFlight, perSecond } = tuned;
  const orders = perSecond * roundSeconds;
  tuned.samples.push(await measure.stretch(arm, { ...cell, inFlight, orders }));
  tuned.ringshop.push(await measure.stretch(ringshop, { ...ringshopCell, perSecond, orders }));
}

async function conclude(ringshop: Arm, samples: Sample[], tuned: Tuned[]): Promise<PeersResult> {
  const ours = await armResult(ringshop, ringshopCell, samples);
  const compared: Compared[] = [];
  for (const { arm, inFlight, perSecond, samples: its, ringshop: atItsRate } of tuned)
    compared.push({
      peer: await armResult(arm, { ...cell, inFlight }, its),
      ringshopAtItsRate: await armResult(ringshop, { ...ringshopCell, perSecond }, atItsRate, atRateOf(arm.name)),
    });
  const arms = [ours, ...compared.flatMap(({ peer, ringshopAtItsRate }) => [peer, ringshopAtItsRate])];
  return { arms, goals: peersGoals(ours, compared), leftOut: [] };
}

export const atRateOf = (peer: string) => `ringshop (at the highest rate of ${peer})`;
