import { type ArmResult, armResult } from './arm-result.ts';
import type { Bench, Cell } from './arms/arm.ts';
import { startOneTransaction } from './arms/one-transaction/one-transaction-arm.ts';
import { startRingshop } from './arms/ringshop/ringshop-arm.ts';
import { atLeast, atMost, type Goal } from './goal.ts';
import { Measure, type Sample } from './measure.ts';
import { onArms } from './on-arms.ts';

const rounds = 5;
const ordersPerRound = 4_000;
/** The broker's optimising compiler is still at work after the first ten thousand. */
const warmUpOrders = 24_000;
const cell: Cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 256 };

export interface Result {
  arms: ArmResult[];
  goals: Goal[];
}

/**
 * The whole system and the yardstick in turn, in one run: machines are noisy, so only ratios from one run mean something.
 * Stretches alternate (A B A B …) so that a slow minute hits both.
 */
export function quick(note: (text: string) => void): Promise<Result> {
  return onArms({ withinMs: 900_000, note, start: [startOneTransaction, startRingshop] }, async (arms, bench) => {
    const measure = new Measure(bench.signal);
    note(`warming up: ${warmUpOrders} orders each`);
    for (const arm of arms) await measure.stretch(arm, { ...cell, orders: warmUpOrders });
    const samples = new Map<string, Sample[]>(arms.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const arm of arms) {
        note(`round ${round} of ${rounds}: ${arm.name}`);
        samples.get(arm.name)!.push(await measure.stretch(arm, { ...cell, orders: ordersPerRound }));
      }
    }
    return conclude(arms, samples, bench);
  });
}

async function conclude(
  arms: Parameters<Parameters<typeof onArms>[1]>[0],
  samples: Map<string, Sample[]>,
  { note }: Bench,
): Promise<Result> {
  note('checking the books of every arm');
  for (const arm of arms) await arm.checkBooks();
  const results = await Promise.all(arms.map((arm) => armResult(arm, cell, samples.get(arm.name)!)));
  const [a1, ringshop] = results as [ArmResult, ArmResult];
  const goals = [
    atMost('P1', 'CPU-ms an order, against A1', 2, ringshop.cpuMsPerOrder / a1.cpuMsPerOrder, 1.5),
    atLeast('P2', 'completed orders/s, against A1', 0.5, ringshop.ordersPerSecond / a1.ordersPerSecond, 0.65),
  ];
  return { arms: results, goals };
}
