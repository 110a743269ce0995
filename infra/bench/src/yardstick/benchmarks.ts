import { type Benchmark, roundsOf } from '../benchmark.ts';
import { report } from '../report.ts';
import { matrix, quick, yardstick } from './yardstick.ts';

const usualRounds = 5;

const inRounds =
  (run: typeof yardstick): Benchmark['measure'] =>
  async (options, note) => {
    // What is kept has the rounds that it says; a slow hour may take longer then.
    const result = await run({ rounds: roundsOf(options, usualRounds), whole: options.save ?? false, note });
    return { result, text: report(result) };
  };

export const yardstickBenchmark: Benchmark = {
  options: ['rounds', 'save'],
  help: [
    'what an order costs: in one transaction (a1), in two-phase commit (2pc), in the saga as it is usually written',
    '(textbook), and here (ringshop), in turn, with everything that the goals P1 to P10 ask for. Fifteen to twenty minutes.',
  ],
  measure: inRounds(yardstick),
};

export const quickBenchmark: Benchmark = {
  options: ['rounds'],
  help: ['a1 and ringshop only, for P1 and P2. About three minutes.'],
  measure: inRounds(quick),
};

export const fullBenchmark: Benchmark = {
  options: ['rounds'],
  help: [
    'the four arms of the yardstick, with the payment provider at 0, 20 and 100 ms and 1, 10 and 1,000 hot SKUs.',
    'About half an hour.',
  ],
  measure: inRounds(matrix),
};
