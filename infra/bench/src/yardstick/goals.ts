import type { ArmResult } from '../arm-result.ts';
import { atLeast, atMost, type Goal, ofThoseLetIn } from '../goal.ts';
import { medianOfRatios, ofRounds, ratio, ratioOfBlocks } from '../of-rounds.ts';
import { lowLoad, nameOf, overPeak } from './probes.ts';
import type { RingLookup } from './ring-lookup.ts';

type Of = (name: string) => ArmResult;
const rate = (arm: ArmResult) => ofRounds(arm, 'ordersPerSecond');

/** One replica of inventory and two, measured next to each other. */
export const replicasName = (replicas: 1 | 2) =>
  `ringshop (${replicas} inventory ${replicas === 1 ? 'replica' : 'replicas'})`;

/** P1 and P2, which are also what `quick` answers. */
export function yardstickGoals(a1: ArmResult, ringshop: ArmResult): Goal[] {
  const against = (of: 'cpuMsPerOrder' | 'ordersPerSecond') => ratio(ofRounds(ringshop, of), ofRounds(a1, of));
  return [
    atMost('P1', 'CPU-ms an order, against A1', 2, against('cpuMsPerOrder'), 1.5),
    atLeast('P2', 'orders/s, against A1', 0.5, against('ordersPerSecond'), 0.65),
  ];
}

/** Every goal of the yardstick run, from its own results alone. */
export function allGoals(arms: ArmResult[], ring: RingLookup, peers: Goal[]): Goal[] {
  const of: Of = (name) => {
    const found = arms.find((arm) => arm.name === name);
    if (!found) throw new Error(`nothing was measured under the name ${name}`);
    return found;
  };
  return [
    ...yardstickGoals(of('a1'), of('ringshop')),
    ...againstTwoPhaseCommit(of),
    ...(peers.length > 0 ? peers : [peersNotMeasured]),
    ...latencyAndSaturation(of),
    ...ringGoals(ring),
    ...hotAndReplicas(of),
    ...overload(of),
  ];
}

const peersNotMeasured: Goal = {
  id: 'P4',
  goal: 'orders/s, CPU and p99 against DBOS and Restate (they are not installed: npm run bench -- peers)',
  measured: null,
  met: false,
};

function againstTwoPhaseCommit(of: Of): Goal[] {
  const against = (hotSkus: number) => {
    const cell = { paymentMs: 20, hotSkus };
    return ratio(rate(of(nameOf('ringshop', cell))), rate(of(nameOf('2pc', cell))));
  };
  const goal = (hotSkus: number, limit: number, stretch: number) =>
    atLeast(
      'P3',
      `orders/s against 2pc, payment 20 ms, ${hotSkus.toLocaleString('en')} hot`,
      limit,
      against(hotSkus),
      stretch,
    );
  return [goal(1_000, 1.5, 2), goal(10, 4, 8), goal(1, 20, 40)];
}

function latencyAndSaturation(of: Of): Goal[] {
  const alone = of(nameOf('ringshop', { inFlight: 1 }));
  const busy = of('ringshop');
  const low = of(lowLoad);
  const p50 = ofRounds(alone, 'p50Ms');
  const at70 = of(overPeak(70));
  const wal = ofRounds(busy, 'walBytesPerOrder');
  const walKb = { ...wal, value: wal.value / 1_000, each: wal.each!.map((bytes) => bytes / 1_000) };
  return [
    atMost('P5', 'unloaded p50 placed → confirmed, ms', 20, p50, 12),
    ofThoseLetIn(
      atMost('P5', 'p99 at 70 % of peak, against that p50', 10, ratio(ofRounds(at70, 'p99Ms'), p50), 6),
      at70,
    ),
    atMost('P6', 'commits an order at saturation', 0.2, ofRounds(busy, 'commitsPerOrder'), 0.1),
    atMost('P6', 'WAL an order at saturation, kB', 4.5, walKb, 3.5),
    atMost('P7', 'CPU-ms an order at 100 orders/s', 5, ofRounds(low, 'cpuMsPerOrder'), 3),
    atMost('P7', 'p50 at 100 orders/s, ms', 40, ofRounds(low, 'p50Ms')),
  ];
}

const ringGoals = ({ orderNs, customerNs, maxOverMean }: RingLookup): Goal[] => [
  atMost('P8', 'ring: look-up by order id, ns', 250, orderNs, 100),
  atMost('P8', 'ring: look-up by customer id (SHA-256, once a token), ns', 250, customerNs, 100),
  atMost('P8', 'ring: max/mean at 16 shards', 1.05, maxOverMean, 1.01),
];

function hotAndReplicas(of: Of): Goal[] {
  const hot = ratio(rate(of(nameOf('ringshop', { hotSkus: 1 }))), rate(of('ringshop')));
  const replicas = ratioOfBlocks(rate(of(replicasName(2))), rate(of(replicasName(1))));
  return [
    atLeast('P9', 'orders/s with one hot SKU, against 1,000', 0.7, hot, 0.9),
    atLeast('P9', 'orders/s with two inventory replicas, against one', 1, replicas, 1.3),
  ];
}

function overload(of: Of): Goal[] {
  const completions = (percent: number) => medianOfRatios(rate(of(overPeak(percent))), rate(of('ringshop')));
  return [
    atLeast('P10', 'completions at 110 % of peak, against the peak', 0.95, completions(110)),
    atLeast('P10', 'completions at 200 % of peak, against the peak', 0.9, completions(200)),
  ];
}
