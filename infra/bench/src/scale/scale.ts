import { armResult } from '../arm-result.ts';
import type { Arm } from '../arms/arm.ts';
import { startRingshopOf } from '../arms/ringshop/ringshop-arm.ts';
import { type Benchmark, roundsOf } from '../benchmark.ts';
import { Measure } from '../measure.ts';
import { onArms } from '../on-arms.ts';
import { type Probe, yardstickCell } from '../yardstick/probes.ts';
import { Rounds, warmUp } from '../yardstick/rounds.ts';
import { type ScaleResult, scaleGoals, shardsResult } from './scale-result.ts';
import { scaleText } from './scale-text.ts';
import { type Traces, traced } from './traces.ts';

const shardCounts = [1, 2, 4];
const usualRounds = 5;
/** Of each; whichever is over first. */
const warm = { orders: 30_000, ms: 30_000 };

export const scaleBenchmark: Benchmark = {
  options: ['rounds', 'save'],
  help: [
    'the whole system with 1, 2 and 4 order shards, in turn: what an order costs in CPU, commits, WAL and messages, and',
    'what each kind of database does for it. About six minutes.',
  ],
  async measure(options, note) {
    const result = await scale({ rounds: roundsOf(options, usualRounds), note });
    return { result, text: scaleText(result) };
  },
};

/** Three whole systems stand side by side, and one at a time works: a slow minute of the machine hits all of them. */
function scale({ rounds: count, note }: { rounds: number; note: (text: string) => void }): Promise<ScaleResult> {
  const start = shardCounts.map(startRingshopOf);
  return onArms({ withinMs: 900_000, note, start }, async (arms, { signal }) => {
    const measure = new Measure(signal);
    const rounds = new Rounds(measure, arms, note);
    const systems = arms.map((arm, index) => ({ arm, shards: shardCounts[index]!, traces: [] as Traces[] }));
    for (const { arm } of systems) {
      note(`warming up: ${arm.name}`);
      await warmUp(measure, arm, probeOf(arm), warm);
    }
    for (let round = 1; round <= count; round++) {
      note(`round ${round} of ${count}`);
      for (const { arm, traces } of systems) traces.push(await traced(arm, () => rounds.take(probeOf(arm))));
    }
    const results = [];
    for (const { arm, shards, traces } of systems) {
      const result = await armResult(arm, yardstickCell, rounds.samples.get(arm.name)!);
      results.push(shardsResult(result, shards, traces));
      note(`checking the books of ${arm.name}`);
      await arm.checkBooks();
    }
    return { arms: results, goals: scaleGoals(results) };
  });
}

const probeOf = ({ name }: Arm): Probe => ({
  name,
  arm: name,
  cell: yardstickCell,
  seconds: 6,
  guess: 900,
  commits: true,
});
