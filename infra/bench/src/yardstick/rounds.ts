import type { Arm, Work } from '../arms/arm.ts';
import type { Measure, Sample } from '../measure.ts';
import { median } from '../statistics.ts';
import type { Open, Probe } from './probes.ts';

/** With fewer, begin and end of a stretch would be most of it. */
const fewestOrders = 200;
/** Of a stretch, before it. */
const settleShare = 0.2;
/** Before the first of a round, whose commits are counted: its arm has rested for minutes, and did half as much as a minute later. */
const restedShare = 0.8;

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

  /** @returns how many orders there were, with those that came before the stretch and were not measured */
  async take(probe: Probe): Promise<number> {
    const { name, commits = false, open } = probe;
    const work = this.#workOf(probe);
    const settle = Math.ceil((commits ? restedShare : settleShare) * work.orders);
    const how = { commits, settle, mayRefuse: open !== undefined };
    const sample = await this.#measure.stretch(this.#arms.get(probe.arm)!, work, how);
    this.samples.set(name, [...this.#samplesOf(name), sample]);
    this.#note(`  ${name}: ${Math.round(rateOf(sample))} orders/s`);
    return settle + sample.orders;
  }

  /** Works on a probe without keeping what it measures, so that what is new gets warm. */
  settle({ arm, cell, guess }: Probe, ms: number): Promise<void> {
    return warmUp(this.#measure, this.#arms.get(arm)!, { cell, guess }, { orders: Number.POSITIVE_INFINITY, ms });
  }

  /** At what rate orders of an open loop came, by the median of the rounds. */
  perSecondOf({ open }: Probe): number | undefined {
    return open && rateOfOpen(open, (of) => median(this.#samplesOf(of).map(rateOf)));
  }

  #workOf({ name, cell, seconds, guess, open }: Probe): Work {
    if (open) {
      // Of this very round: what another one could do says little about what can be done now.
      const perSecond = rateOfOpen(open, (of) => rateOf(this.#samplesOf(of).at(-1)!));
      return { ...cell, orders: perSecond * seconds, perSecond };
    }
    const samples = this.#samplesOf(name);
    const rate = samples.length > 0 ? median(samples.map(rateOf)) : guess;
    return { ...cell, orders: Math.max(fewestOrders, Math.round(rate * seconds)) };
  }

  #samplesOf(name: string): Sample[] {
    return this.samples.get(name) ?? [];
  }
}

const rateOfOpen = (open: Open, of: (name: string) => number) =>
  Math.round('perSecond' in open ? open.perSecond : open.share * of(open.of));

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
