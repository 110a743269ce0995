import type { ArmResult } from '../arm-result.ts';
import { type ByDatabase, divide } from '../arms/database-counters.ts';
import { atMost, type Goal } from '../goal.ts';
import { ofRounds, ratio } from '../of-rounds.ts';
import type { Traces } from './traces.ts';

/** The whole system with so many shards, and what an order leaves behind. */
export interface ShardsResult extends ArmResult {
  shards: number;
  messagesPerOrder: number;
  /** In the broker's log, one replica. */
  messageBytesPerOrder: number;
  /** CPU-ms, WAL and commits of an order, by kind of database. */
  databases: ByDatabase;
}

export interface ScaleResult {
  arms: ShardsResult[];
  goals: Goal[];
}

export function shardsResult(arm: ArmResult, shards: number, traces: Traces[]): ShardsResult {
  const perOrder = (of: 'messages' | 'messageBytes') => sum(traces, of) / sum(traces, 'orders');
  const { parts, walBytesPerOrder, commitsPerOrder } = arm;
  if (walBytesPerOrder === undefined || commitsPerOrder === undefined)
    throw new Error(`${arm.name}: commits and WAL were not counted`);
  const total = { cpuMs: parts.postgres!, walBytes: walBytesPerOrder, commits: commitsPerOrder };
  return {
    ...arm,
    shards,
    messagesPerOrder: perOrder('messages'),
    messageBytesPerOrder: perOrder('messageBytes'),
    databases: divide(
      total,
      traces.map(({ databases }) => databases),
    ),
  };
}

const sum = (traces: Traces[], of: 'orders' | 'messages' | 'messageBytes') =>
  traces.reduce((total, each) => total + each[of], 0);

/** The most shards against the fewest. */
export function scaleGoals(arms: ShardsResult[]): Goal[] {
  const ascending = arms.toSorted((a, b) => a.shards - b.shards);
  const [one, most] = [ascending[0]!, ascending.at(-1)!];
  const cpu = (arm: ShardsResult) => ofRounds(arm, 'cpuMsPerOrder');
  const what = `CPU-ms an order with ${most.shards} shards, against ${one.shards}`;
  return [atMost('scale', what, 1.15, ratio(cpu(most), cpu(one)))];
}
