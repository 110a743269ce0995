import { CommandFailed } from '@ringshop/operator';
import { enoughRounds, type Goal } from './goal.ts';

/** What can stand on the command line, for any of them. */
export const optionTypes = {
  json: { type: 'boolean' },
  docs: { type: 'boolean' },
  profile: { type: 'string' },
  rounds: { type: 'string' },
  save: { type: 'boolean' },
} as const;

export interface Options {
  docs?: boolean | undefined;
  profile?: string | undefined;
  rounds?: string | undefined;
  save?: boolean | undefined;
}

export interface Measured {
  /** What `--json` prints. */
  result: { goals: Goal[]; arms?: object[] };
  /** For a person. */
  text: string;
  /** Puts it into pages, where that was asked for, after it has been printed. @returns the files that were written */
  write?: () => Promise<string[]>;
}

/** One benchmark of `npm run bench -- <name>`. */
export interface Benchmark {
  /** Of the options, beside `--json`. */
  options: (keyof Options)[];
  /** For `--help`: a few lines, the last of which says how long it takes. */
  help: string[];
  measure(options: Options, note: (text: string) => void): Promise<Measured>;
}

/** Fewer rounds are sooner done and worth less. @throws CommandFailed for what is no number, or too few to be kept */
export function roundsOf({ rounds, save }: Options, usual: number): number {
  if (rounds !== undefined && !/^[1-9]$/.test(rounds)) throw new CommandFailed('--rounds takes a number from 1 to 9');
  const count = Number(rounds ?? usual);
  if (save && count < enoughRounds) throw new CommandFailed(`--save keeps no fewer than ${enoughRounds} rounds`);
  return count;
}
