import type { Benchmark, Options } from './benchmark.ts';
import { commitOf } from './commit.ts';
import type { Performance } from './docs/performance.ts';
import { runText } from './docs/performance-tables.ts';
import type { Goal } from './goal.ts';
import { thisMachine } from './machine.ts';
import { asJson } from './statistics.ts';

interface Asked {
  name: string;
  benchmark: Benchmark;
  options: Options;
  /** As it was typed. */
  command: string;
  json: boolean;
}

interface Outside {
  print: (text: string) => void;
  note: (text: string) => void;
  readKept: () => Promise<Partial<Performance>>;
  save: (benchmark: string, run: object) => Promise<string>;
}

/**
 * Measures, prints, and keeps it where that was asked for, in this order: after twenty minutes nothing that cannot be written may
 * take the numbers along. A file that nobody can read is found before anything is measured.
 */
export async function runBenchmark(asked: Asked, { print, note, readKept, save }: Outside): Promise<Goal[]> {
  const { name, benchmark, options, command, json } = asked;
  if (options.save) await readKept();
  const [commit, at] = [await commitOf(), new Date()];
  const { result, text, write } = await benchmark.measure(options, note);
  const durationS = Math.round((Date.now() - at.getTime()) / 1_000);
  const run = { ...result, machine: thisMachine(), command, commit, at: at.toISOString(), durationS };
  print(json ? asJson(run) : `${runText(run)}\n${text}`);
  if (options.save) note(`wrote ${await save(name, run)}`);
  for (const page of (await write?.()) ?? []) note(`wrote ${page}`);
  return result.goals;
}
