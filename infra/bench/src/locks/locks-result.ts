import { atLeast, atMost, type Goal } from '../goal.ts';
import { percentile } from '../statistics.ts';
import { type Stretch, together } from '../stretch.ts';
import type { Primitive } from './compare-primitives.ts';
import type { Demonstration } from './textbook-mistakes.ts';

/** What one number of the table is about. */
export interface Cell {
  /** STOCK_LOCK. */
  lock: 'none' | 'database' | 'redis';
  /** How many SKUs the buyers share between them. */
  hotSkus: number;
  replicas: 1 | 2;
}

export interface LockArm extends Cell {
  name: string;
  orders: number;
  reservationsPerSecond: number;
  /** The same of each stretch by itself: how far they lie apart is the noise of the machine. */
  ofEachStretch: number[];
  /** Of inventory, PostgreSQL and Redis together. */
  cpuMsEach: number;
  parts: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  /** Transactions that were refused and decided again. */
  refused: number;
  oversold: number;
}

export const nameOf = ({ lock, hotSkus, replicas }: Cell) =>
  `${lock}, ${hotSkus} hot, ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;

export interface LocksResult {
  arms: LockArm[];
  goals: Goal[];
  demonstrations: Demonstration[];
  primitives: Primitive[];
}

interface Counts {
  cell: Cell;
  latencies: number[];
  refused: number;
  oversold: number;
}

export function lockArm(stretches: Stretch[], { cell, latencies, refused, oversold }: Counts): LockArm {
  const { orders, seconds, cpuMs } = together(stretches);
  const ascending = Float64Array.from(latencies).sort();
  const parts: Record<string, number> = {};
  for (const [name, ms] of Object.entries(cpuMs)) {
    const part = name.replace(/-.*/, '');
    parts[part] = round((parts[part] ?? 0) + ms / orders, 3);
  }
  return {
    name: nameOf(cell),
    ...cell,
    orders,
    reservationsPerSecond: Math.round(orders / seconds),
    ofEachStretch: stretches.map((stretch) => Math.round(stretch.orders / stretch.seconds)),
    cpuMsEach: round(Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0) / orders, 3),
    parts,
    p50Ms: Math.round(percentile(ascending, 0.5)),
    p99Ms: Math.round(percentile(ascending, 0.99)),
    refused,
    oversold,
  };
}

export function lockGoals(arms: LockArm[], demonstrations: Demonstration[]): Goal[] {
  const speed = (lock: Cell['lock'], hotSkus: number, replicas: number) =>
    arms.find((arm) => arm.lock === lock && arm.hotSkus === hotSkus && arm.replicas === replicas)!
      .reservationsPerSecond;
  const hot = (replicas: number) => speed('redis', 1, replicas) / speed('redis', 1000, replicas);
  const oversoldBy = (id: Demonstration['id']) => demonstrations.find((shown) => shown.id === id)!.oversold;
  const all = arms.reduce((sum, { oversold }) => sum + oversold, 0);
  return [
    atMost('oversold', 'units oversold, whatever guards the stock', 0, all),
    atLeast('hot-1', 'one hot SKU against 1,000, reservations/s, redis, 1 replica', 0.7, hot(1)),
    atLeast('hot-2', 'the same with 2 replicas', 0.7, hot(2)),
    // A mistake that does no harm shows nothing.
    atLeast('check-then-write', 'units oversold by check-then-write', 1, oversoldBy('check-then-write')),
    atLeast('lock-without-fence', 'units oversold by a lock without a fence', 1, oversoldBy('lock-without-fence')),
    atMost('lock-with-fence', 'units oversold under the same pauses with a fence', 0, oversoldBy('lock-with-fence')),
  ];
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
