import type { Arm } from '../arms/arm.ts';
import type { Measure } from '../measure.ts';
import { yardstickCell } from '../yardstick/probes.ts';

const warmUp = { orders: 10_000, ms: 20_000 };
const seconds = 5;
/** Tried with each peer, which keeps the one that gives the most orders a second. */
const inFlights = [32, 64, 128, 256];

/** A peer at its best. */
export interface Tuned {
  arm: Arm;
  inFlight: number;
  /** The most that it was seen to do. */
  perSecond: number;
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
  const orders = Math.ceil((warm.orders / warm.seconds) * seconds);
  let best = { inFlight: 0, perSecond: 0 };
  for (const inFlight of inFlights) {
    const sample = await measure.stretch(arm, { ...yardstickCell, inFlight, orders });
    const perSecond = Math.round(sample.orders / sample.seconds);
    note(`  ${arm.name} with ${inFlight} in flight: ${perSecond} orders/s`);
    if (perSecond > best.perSecond) best = { inFlight, perSecond };
  }
  return { arm, ...best };
}
