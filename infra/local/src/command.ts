import { fileURLToPath } from 'node:url';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { Refused } from './options.ts';

/** Where the state of the system lives: `.ringshop` in the checkout, from wherever the command is run. */
export const defaultDir = fileURLToPath(new URL('../../../.ringshop', import.meta.url));

/** Reads the command line strictly; `--help` prints the help and ends the process. */
export function readArguments<O extends ParseArgsOptionsConfig>(help: string, options: O) {
  try {
    const all = { ...options, help: { type: 'boolean', short: 'h' }, dir: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ options: all, allowPositionals: true });
    if ((values as { help?: boolean }).help) {
      process.stdout.write(`${help}\n`);
      process.exit(0);
    }
    return { values: values as typeof values & { dir?: string }, positionals };
  } catch (cause) {
    throw new Refused(`${(cause as Error).message.split('. ')[0]} (see --help)`, { cause });
  }
}

/** A whole number within bounds, or undefined when the option was not given. */
export function wholeNumber(name: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Refused(`--${name} takes a whole number from ${min} to ${max}, not ${value}`);
}

/** Runs a command; a failure is one line on standard error and exit code 1. */
export async function run(command: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${command}: ${message.split('\n')[0]}\n`);
    // What its user can put right needs no stack; anything else is ours to find.
    if (!(error instanceof Refused) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
