import type { Arm, Cell } from './arms/arm.ts';
import type { Sample } from './measure.ts';
import { median, percentileOf, sum } from './statistics.ts';

/** One arm in one cell: medians of its rounds, and how far they lie apart. */
export interface ArmResult {
  /** Of the arm in this cell; in the yardstick cell it is the arm's own. */
  name: string;
  arm: string;
  title: string;
  /** How it was set up, for whoever wants to know or to object. */
  settings: string[];
  /** `inFlight` is what the arm had under way, which may be fewer than it was offered. */
  cell: Cell & { perSecond?: number };
  /** All rounds together. */
  orders: number;
  ordersPerSecond: number;
  /** Without the stand-ins: a payment provider's CPU is the provider's. */
  cpuMsPerOrder: number;
  /**
   * CPU-ms an order, by part, stand-ins too, of the round whose total is the median, so that the others add up to it. Of an even
   * number of rounds it is the lower of the middle two.
   */
  parts: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  /** How often orders were refused and came back, or, in an open loop, did not, or ended as they should not; of all rounds. */
  refused: number;
  commitsPerOrder?: number;
  walBytesPerOrder?: number;
  /** In the order in which they were run. */
  rounds: Round[];
}

export interface Round {
  ordersPerSecond: number;
  cpuMsPerOrder: number;
  p50Ms: number;
  p99Ms: number;
  commitsPerOrder?: number | undefined;
  walBytesPerOrder?: number | undefined;
}

/** Parts that play somebody else's system. */
const standIns = new Set(['simulators']);
export const isStandIn = (part: string) => standIns.has(part);

/** Parts by kind: shards and replicas of one kind (`order-2`, `order-2.2`) together, stand-ins too. */
export function cpuByKind(parts: Record<string, number>): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const [part, ms] of Object.entries(parts)) {
    const kind = part.replace(/-\d+(\.\d+)?$/, '');
    kinds[kind] = (kinds[kind] ?? 0) + ms;
  }
  return kinds;
}

/** Rounds of one arm in one cell as one result. Nothing is rounded: that is for whoever shows it. */
export async function armResult(
  arm: Pick<Arm, 'name' | 'title' | 'settings' | 'inFlight'>,
  cell: ArmResult['cell'],
  samples: Sample[],
  name = arm.name,
): Promise<ArmResult> {
  const rounds = await Promise.all(samples.map(roundOf));
  const of = (number: keyof Round) => median(rounds.map((each) => each[number]!));
  const ifCounted = (number: 'commitsPerOrder' | 'walBytesPerOrder') =>
    rounds.every((each) => each[number] !== undefined) && { [number]: of(number) };
  return {
    name,
    arm: arm.name,
    title: arm.title,
    settings: arm.settings,
    cell: { ...cell, inFlight: arm.inFlight?.(cell) ?? cell.inFlight },
    orders: sum(samples.map(({ orders }) => orders)),
    ordersPerSecond: of('ordersPerSecond'),
    cpuMsPerOrder: of('cpuMsPerOrder'),
    parts: cpuByPart(middleOf(samples)),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    refused: sum(samples.map(refusedIn)),
    ...ifCounted('commitsPerOrder'),
    ...ifCounted('walBytesPerOrder'),
    rounds,
  };
}

async function roundOf(sample: Sample): Promise<Round> {
  const { orders, seconds, latenciesMs, walBytes } = sample;
  const commits = await sample.commits;
  return {
    ordersPerSecond: orders / seconds,
    cpuMsPerOrder: cpuMsPerOrder(sample),
    p50Ms: percentileOf(latenciesMs, 0.5),
    p99Ms: percentileOf(latenciesMs, 0.99),
    ...(commits !== undefined && { commitsPerOrder: commits / orders }),
    ...(walBytes !== undefined && { walBytesPerOrder: walBytes / orders }),
  };
}

function cpuMsPerOrder({ cpuMs, orders }: Sample): number {
  const counted = Object.entries(cpuMs).flatMap(([part, ms]) => (isStandIn(part) ? [] : [ms]));
  return sum(counted) / orders;
}

function middleOf(samples: Sample[]): Sample {
  const ascending = samples.toSorted((a, b) => cpuMsPerOrder(a) - cpuMsPerOrder(b));
  return ascending[(ascending.length - 1) >> 1]!;
}

const cpuByPart = ({ cpuMs, orders }: Sample) =>
  Object.fromEntries(Object.entries(cpuMs).map(([part, ms]) => [part, ms / orders]));

const refusedIn = ({ refused = 0, others }: Sample) => refused + sum(Object.values(others));
