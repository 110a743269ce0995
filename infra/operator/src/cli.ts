import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command cannot do what it was asked; `message` is the one line that its user reads. */
export class CommandFailed extends Error {
  override name = 'CommandFailed';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads the command line, strictly. `--help` prints the help and ends the process.
 * @throws CommandFailed for an unknown option or a missing value
 */
export function readArguments<O extends Options>(help: string, options: O) {
  try {
    const config = { options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true } as const;
    const { values, positionals } = parseArgs<typeof config & { options: O }>(config);
    if ((values as { help?: boolean }).help) {
      console.log(help);
      process.exit(0);
    }
    return { values, positionals };
  } catch (cause) {
    throw new CommandFailed(`${(cause as Error).message.split('. ')[0]} (see --help)`, { cause });
  }
}

/** Of an option. @throws CommandFailed for anything but a whole number within bounds, in digits */
export function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new CommandFailed(`--${name} takes a whole number from ${min} to ${max}, not "${value}"`);
}

/** Runs a command's main function: its result is the exit code, a failure one line on standard error and exit 2. */
export async function runCommand(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`${name}: ${lineOf(error)}`);
    if (process.env.DEBUG) console.error(error);
    process.exitCode = 2;
  }
}

/** A refused connection has an empty message of its own: its parts tell the address. */
export function lineOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(lineOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const cause = error.message === 'fetch failed' ? ` (${lineOf(error.cause)})` : '';
  return `${error.message || error.name}${cause}`.split('\n', 1)[0]!;
}
