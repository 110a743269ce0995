import type { Arm } from '../arms/arm.ts';
import type { Measure } from '../measure.ts';
import { yardstickCell } from '../yardstick/probes.ts';

const warmUp = { orders: 10_000, ms: 20_000 };
const seconds = 5;
/** Tried with each peer, upwards. More than it needs only makes its orders wait, so the least counts that does nearly the most. */
const inFlights = [8, 16, 32, 64, 128, 256];
const nearly = 0.95;

/** A peer at its best. */
export interface Tuned {
  arm: Arm;
  inFlight: number;
  /** What it was seen to do with them. */
  perSecond: number;
}

/** @param tried with more and more in flight */
export function leastThatIsNearlyBest(tried: Omit<Tuned, 'arm'>[]): Omit<Tuned, 'arm'> {
  const most = Math.max(...tried.map(({ perSecond }) => perSecond));
  return tried.find(({ perSecond }) => perSecond >= nearly * most)!;
}

/**
 * Whether more in flight have stopped to help. One step without a gain may be a bad moment of the machine; after two there is nothing
 * to be found further up, and the time is better spent on rounds.
 */
function hasLevelledOff(tried: Pick<Tuned, 'perSecond'>[]): boolean {
  const most = (of: typeof tried) => Math.max(...of.map(({ perSecond }) => perSecond));
  return tried.length > 2 && nearly * most(tried.slice(-2)) < most(tried.slice(0, -2));
}

/** Warms a peer up and finds how many orders in flight suit it best. */
export async function tune(measure: Measure, arm: Arm, note: (text: string) => void): Promise<Tuned> {
  note(`warming up: ${arm.name}`);
  const began = performance.now();
  let warm = { orders: 0, seconds: 0 };
  while (warm.orders < warmUp.orders && performance.now() - began < warmUp.ms) {
    const sample = await measure.stretch(arm, { ...yardstickCell, inFlight: 64, orders: 400 });
    warm = { orders: warm.orders + sample.orders, seconds: warm.seconds + sample.seconds };
  }
  // The fewest do less than what it was warmed up with, and each next one about what the last one did, or more.
  let expected = warm.orders / warm.seconds / 2;
  const tried: Omit<Tuned, 'arm'>[] = [];
  for (const inFlight of inFlights) {
    const sample = await measure.stretch(arm, { ...yardstickCell, inFlight, orders: Math.ceil(expected * seconds) });
    expected = sample.orders / sample.seconds;
    const perSecond = Math.round(expected);
    note(`  ${arm.name} with ${inFlight} in flight: ${perSecond} orders/s`);
    tried.push({ inFlight, perSecond });
    if (hasLevelledOff(tried)) break;
  }
  return { arm, ...leastThatIsNearlyBest(tried) };
}
