import type { Arm, Work } from '../arms/arm.ts';
import type { Measure, Sample } from '../measure.ts';
import { median } from '../statistics.ts';
import type { Probe } from './probes.ts';

/** With fewer, begin and end of a stretch would be most of it. */
const fewestOrders = 200;

/** Takes samples of probes in turn, so that a slow minute of the machine hits all of them. */
export class Rounds {
  readonly samples = new Map<string, Sample[]>();
  readonly #measure: Measure;
  readonly #arms: Map<string, Arm>;
  readonly #note: (text: string) => void;

  constructor(measure: Measure, arms: Arm[], note: (text: string) => void) {
    this.#measure = measure;
    this.#arms = new Map(arms.map((arm) => [arm.name, arm]));
    this.#note = note;
  }

  async take(probe: Probe): Promise<void> {
    const { name, commits = false, perSecond } = probe;
    const arm = this.#arms.get(probe.arm)!;
    const sample = await this.#measure.stretch(arm, this.workOf(probe), {
      commits,
      mayRefuse: perSecond !== undefined,
    });
    const all = this.samples.get(name) ?? [];
    this.samples.set(name, [...all, sample]);
    this.#note(`  ${name}: ${Math.round(rateOf(sample))} orders/s`);
  }

  /** Works on a probe without keeping what it measures, so that what is new gets warm. */
  settle({ arm, cell, guess }: Probe, ms: number): Promise<void> {
    return warmUp(this.#measure, this.#arms.get(arm)!, { cell, guess }, { orders: Number.POSITIVE_INFINITY, ms });
  }

  workOf({ name, arm, cell, seconds, guess, perSecond }: Probe): Work {
    if (perSecond) {
      const rate = Math.round(perSecond(this.#rateOf(arm, guess)));
      return { ...cell, orders: rate * seconds, perSecond: rate };
    }
    return { ...cell, orders: Math.max(fewestOrders, Math.round(this.#rateOf(name, guess) * seconds)) };
  }

  #rateOf(name: string, guess: number): number {
    const samples = this.samples.get(name);
    return samples ? median(samples.map(rateOf)) : guess;
  }
}

const rateOf = ({ orders, seconds }: Sample) => orders / seconds;

/** What is cold is slow, and a shop that measures how much can be done in time would then let in little for a while. */
const gently = 32;

/** Runs an arm until its compilers have seen so many orders, or for so long: few orders under way first, then as many as later. */
export async function warmUp(measure: Measure, arm: Arm, { cell, guess }: Pick<Probe, 'cell' | 'guess'>, most: WarmUp) {
  const began = performance.now();
  for (let orders = 0; orders < most.orders && performance.now() - began < most.ms; ) {
    const isNew = orders < most.orders / 2 && performance.now() - began < most.ms / 2;
    const work = { ...cell, inFlight: isNew ? gently : cell.inFlight, orders: Math.max(fewestOrders, guess) };
    orders += (await measure.stretch(arm, work, { mayRefuse: true })).orders;
  }
}

export interface WarmUp {
  orders: number;
  ms: number;
}
