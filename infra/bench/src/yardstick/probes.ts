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
  /** An open loop does not wait, so what is refused is gone, and is no failure: it is counted. */
  open?: Open;
  /** Counts commits, which takes a rest before and after. */
  commits?: boolean;
}

/** So many orders a second, or a share of what another probe has just done, in the same round. */
export type Open = { perSecond: number } | { share: number; of: string };

/** Where every arm is compared. */
export const yardstickCell: Cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 256 };

const closed = (arm: string, guess: number, cell: Partial<Cell> = {}, seconds = 5): Probe => ({
  name: nameOf(arm, cell),
  arm,
  cell: { ...yardstickCell, ...cell },
  seconds,
  guess,
});
const open = (name: string, how: Open, seconds = 6): Probe => ({
  name,
  arm: 'ringshop',
  cell: yardstickCell,
  seconds,
  guess: 1_000,
  open: how,
});
const ofPeak = (percent: number) => open(overPeak(percent), { share: percent / 100, of: 'ringshop' });

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
 * are at work meanwhile. What goes by the peak comes soon after it.
 */
export const yardstickProbes: Probe[] = [
  { ...closed('a1', 1_500), commits: true },
  { ...closed('2pc', 400), commits: true },
  { ...closed('textbook', 25), commits: true },
  { ...closed('ringshop', 500), commits: true },
  closed('2pc', 400, { paymentMs: 20 }),
  closed('2pc', 100, { paymentMs: 20, hotSkus: 10 }),
  closed('2pc', 30, { paymentMs: 20, hotSkus: 1 }),
  ofPeak(70),
  ofPeak(110),
  ofPeak(200),
  closed('ringshop', 500, { paymentMs: 20 }),
  closed('ringshop', 500, { paymentMs: 20, hotSkus: 10 }),
  closed('ringshop', 500, { paymentMs: 20, hotSkus: 1 }),
  closed('ringshop', 500, { hotSkus: 1 }),
  closed('ringshop', 50, { inFlight: 1 }, 3),
  open(lowLoad, { perSecond: 100 }, 8),
];

export const quickProbes: Probe[] = [closed('a1', 1_500), closed('ringshop', 500)];

/** `full`: the arms of the yardstick at every payment latency and every heat. */
export const matrixProbes: Probe[] = [0, 20, 100].flatMap((paymentMs) =>
  [1_000, 10, 1].flatMap((hotSkus) => [
    closed('a1', holdingRows(1_500, paymentMs, hotSkus), { paymentMs, hotSkus }),
    closed('2pc', holdingRows(400, paymentMs, hotSkus), { paymentMs, hotSkus }),
    closed('textbook', 25, { paymentMs, hotSkus }),
    closed('ringshop', 500, { paymentMs, hotSkus }),
  ]),
);

/** A guess for an arm that holds the rows of its two SKUs while it asks the provider, so that others wait in line. */
function holdingRows(most: number, paymentMs: number, hotSkus: number): number {
  return Math.min(most, Math.ceil((1_000 * hotSkus) / 2 / Math.max(paymentMs, 5)));
}

/** An arm in its yardstick cell bears its own name. */
export const isYardstick = ({ name, arm }: { name: string; arm: string }) => name === arm;
