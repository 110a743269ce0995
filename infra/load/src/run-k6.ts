import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setInterval as every } from 'node:timers/promises';
import type { K6 } from './find-k6.ts';
import { progressLine } from './progress.ts';
import { readSample } from './sample.ts';
import { aborted } from './scenario.ts';
import type { Tallies } from './tallies.ts';

const scripts = new URL('../k6/', import.meta.url);

export interface K6Run {
  k6: K6;
  scenario: string;
  /** For the scripts and k6's summary; a container has to be given it. */
  folder: string;
  env: Record<string, string>;
  tallies: Tallies;
  isEnough: () => boolean;
  signal: AbortSignal;
}

export const summaryIn = (folder: string) => join(folder, 'summary.json');

/**
 * Runs k6 and adds up what its script says, line by line. Its own progress bars are for a terminal; elsewhere a line every ten
 * seconds. @returns k6's exit code; 0 when it was told that it is enough
 */
export async function runK6({ k6, scenario, folder, env, tallies, isEnough, signal }: K6Run): Promise<number> {
  // Together: a scenario imports what all of them share.
  for (const file of await readdir(scripts)) await copyFile(new URL(file, scripts), join(folder, file));
  const args = ['run', '--no-usage-report', '--log-format', 'raw', '--summary-export', summaryIn(folder)];
  if (!process.stdout.isTTY) args.push('--quiet');
  for (const [name, value] of Object.entries(env)) args.push('-e', `${name}=${value}`);
  const child = spawn(k6.command, [...k6.before(folder), ...args, join(folder, `${scenario}.js`)], {
    stdio: ['ignore', 'inherit', 'pipe'],
    // A group of its own: at Ctrl-C the terminal would tell it, too.
    detached: true,
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = ender(child);
  void aborted(signal).then(end);
  const watching = new AbortController();
  const watched = watch({ tallies, isEnough, end, signal: watching.signal });
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      const sample = readSample(line);
      if (sample) tallies.add(sample);
      else console.error(line);
    }
    const [code] = await exited;
    watching.abort();
    return (await watched) ? 0 : (code ?? 1);
  } finally {
    // Whatever went wrong here, nobody goes on shopping.
    watching.abort();
    end();
  }
}

/** Tells k6 once: it ends what is under way and its teardown. Told twice it exits at once, with neither. */
function ender(k6: ChildProcess): () => void {
  let told = false;
  return () => {
    if (!told) k6.kill('SIGINT');
    told = true;
  };
}

/** @returns whether it has ended k6 because it was enough */
async function watch({
  tallies,
  isEnough,
  end,
  signal,
}: Pick<K6Run, 'tallies' | 'isEnough' | 'signal'> & { end: () => void }) {
  let seconds = 0;
  try {
    for await (const _ of every(1000, undefined, { signal })) {
      seconds += 1;
      if (!process.stdout.isTTY && seconds % 10 === 0) console.error(`load: ${progressLine(seconds, tallies)}`);
      if (!isEnough()) continue;
      end();
      return true;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return false;
}
