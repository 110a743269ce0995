import { CommandFailed } from '@ringshop/operator';
import { type Benchmark, roundsOf } from './benchmark.ts';
import { gatewayBench, gatewayText } from './gateway/gateway-bench.ts';
import { idleBenchmark } from './idle/idle.ts';
import { locks } from './locks/locks.ts';
import { locksText } from './locks/locks-text.ts';
import { writeTables } from './locks/write-tables.ts';
import { peers } from './peers/peers.ts';
import { report } from './report.ts';
import { scaleBenchmark } from './scale/scale.ts';
import { fullBenchmark, quickBenchmark, yardstickBenchmark } from './yardstick/benchmarks.ts';

const locksBenchmark: Benchmark = {
  options: ['docs'],
  help: [
    'reservations a second of inventory alone, for each STOCK_LOCK, over 1, 10 and 1,000 hot SKUs, with one and two',
    'replicas; what was oversold; two textbook mistakes that do oversell; other kinds of lock. About four minutes.',
  ],
  async measure({ docs }, note) {
    const result = await locks(note);
    return { result, text: locksText(result), ...(docs && { write: () => writeTables(result) }) };
  },
};

const gatewayBenchmark: Benchmark = {
  options: ['profile'],
  help: [
    'CPU of a request in the gateway, in the same run as a bare Fastify + undici proxy with the same token check, both',
    'before the same canned upstream. About two minutes.',
  ],
  async measure({ profile }, note) {
    if (profile === '') throw new CommandFailed('--profile takes the folder for the profile, not ""');
    const result = await gatewayBench(note, profile);
    return { result, text: gatewayText(result) };
  },
};

const peersBenchmark: Benchmark = {
  options: ['rounds'],
  help: [
    'the same order in DBOS Transact, in Restate, and in Temporal where its command is on the PATH, in turn with ringshop,',
    'each at its best number of orders in flight, for P4. Installs their packages first (250 MB, and as much for Temporal,',
    'once, into the cache). About six minutes, eight with Temporal. Once installed, DBOS and Restate take part in the first',
    'benchmark, too; Temporal does not, and no goal is held against its development server.',
  ],
  async measure(options, note) {
    const result = await peers(roundsOf(options, 5), note);
    return { result, text: report(result) };
  },
};

/** By the name on the command line; without a name it is the first. */
export const benchmarks: Record<string, Benchmark> = {
  yardstick: yardstickBenchmark,
  quick: quickBenchmark,
  full: fullBenchmark,
  locks: locksBenchmark,
  gateway: gatewayBenchmark,
  scale: scaleBenchmark,
  idle: idleBenchmark,
  peers: peersBenchmark,
};
