import type { Cell } from '../arms/arm.ts';

/** One thing that is measured in every round. */
export interface Probe {
  /** In the results; the arm's own name for its yardstick cell. */
  name: string;
  arm: string;
  cell: Cell;
  /** About how long a stretch is to last. */
  seconds: number;
  /** Orders a second to reckon with, until a stretch has shown better. */
  guess: number;
  /**
   * An open loop: orders a second, given what the arm has done at most so far. It does not wait, so what is refused is gone,
   * and is no failure: it is counted.
   */
  perSecond?: (peak: number) => number;
  /** Counts commits, which takes a rest before and after. */
  commits?: boolean;
}

/** Where every arm is compared. */
export const yardstickCell: Cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 256 };

const closed = (arm: string, guess: number, cell: Partial<Cell> = {}, seconds = 5): Probe => ({
  name: nameOf(arm, cell),
  arm,
  cell: { ...yardstickCell, ...cell },
  seconds,
  guess,
});
const open = (name: string, perSecond: (peak: number) => number, more: Partial<Probe>): Probe => ({
  name,
  arm: 'ringshop',
  cell: yardstickCell,
  seconds: 6,
  guess: 1_000,
  perSecond,
  ...more,
});

/** `ringshop (payment 20 ms, 10 hot SKUs)`; what is as in the yardstick cell is not said. */
export function nameOf(arm: string, { paymentMs = 0, hotSkus = 1_000, inFlight = 256 }: Partial<Cell>): string {
  const said = [
    paymentMs > 0 && `payment ${paymentMs} ms`,
    hotSkus < 1_000 && `${hotSkus} hot ${hotSkus === 1 ? 'SKU' : 'SKUs'}`,
    inFlight === 1 && 'one at a time',
  ].filter((each) => each !== false);
  return said.length === 0 ? arm : `${arm} (${said.join(', ')})`;
}

/** Names that goals ask for. */
export const overPeak = (percent: number) => `ringshop (${percent} % of its peak)`;
export const lowLoad = 'ringshop (100 orders/s)';

/**
 * A round of the yardstick run. An arm rests before and after the stretch whose commits are counted; ordered like this, others
 * are at work meanwhile.
 */
export const yardstickProbes: Probe[] = [
  { ...closed('a1', 1_500), commits: true },
  { ...closed('2pc', 400), commits: true },
  { ...closed('textbook', 25), commits: true },
  { ...closed('ringshop', 500), commits: true },
  closed('2pc', 400, { paymentMs: 20 }),
  closed('2pc', 100, { paymentMs: 20, hotSkus: 10 }),
  closed('2pc', 30, { paymentMs: 20, hotSkus: 1 }),
  closed('ringshop', 500, { paymentMs: 20 }),
  closed('ringshop', 500, { paymentMs: 20, hotSkus: 10 }),
  closed('ringshop', 500, { paymentMs: 20, hotSkus: 1 }),
  closed('ringshop', 500, { hotSkus: 1 }),
  closed('ringshop', 50, { inFlight: 1 }, 3),
  open(lowLoad, () => 100, { seconds: 8 }),
  open(overPeak(70), (peak) => 0.7 * peak, {}),
  open(overPeak(110), (peak) => 1.1 * peak, {}),
  open(overPeak(200), (peak) => 2 * peak, {}),
];

export const quickProbes: Probe[] = [closed('a1', 1_500), closed('ringshop', 500)];

/** `full`: every arm at every payment latency and every heat. */
export const matrixProbes: Probe[] = [0, 20, 100].flatMap((paymentMs) =>
  [1_000, 10, 1].flatMap((hotSkus) =>
    ['a1', '2pc', 'textbook', 'ringshop'].map((arm) => closed(arm, 30, { paymentMs, hotSkus })),
  ),
);

/** An arm in its yardstick cell bears its own name. */
export const isYardstick = ({ name, arm }: { name: string; arm: string }) => name === arm;
