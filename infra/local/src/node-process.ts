import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChildOptions } from '@ringshop/servers';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** What any program needs. Settings come with the options of a system, and `npm start` reads them from its environment (settings.ts). */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ'];

/**
 * A heap that fits nine processes into 1.5 GB; a leak ends one service, not the machine. Batches are short-lived garbage: a young
 * generation they fit into saved 15 % of the CPU an order, against one of 8 MB.
 */
const nodeOptions = '--max-old-space-size=256 --max-semi-space-size=32 --enable-source-maps';

export interface NodeProcess {
  name: string;
  /** Below the repository; its `dist/main.js` is run. */
  folder: string;
  dir: string;
  env: Record<string, string>;
}

/** How to run a built program of this repository, with its output in `<dir>/logs/<name>.log`. */
export function nodeProcess({ name, folder, dir, env }: NodeProcess): ChildOptions {
  const passedOn = inherited.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  return {
    name,
    command: process.execPath,
    args: [join(repository, folder, 'dist', 'main.js')],
    cwd: join(repository, folder),
    logFile: logFileOf(dir, name),
    ledger: ledgerOf(dir),
    env: {
      ...Object.fromEntries(passedOn),
      NODE_COMPILE_CACHE: join(dir, 'compile-cache'),
      ...env,
      NODE_OPTIONS: [nodeOptions, env.NODE_OPTIONS].filter(Boolean).join(' '),
    },
  };
}

export const logFileOf = (dir: string, name: string) => join(dir, 'logs', `${name}.log`);

/** Where the processes of a system are written down, for the start after a kill. */
export const ledgerOf = (dir: string) => join(dir, 'processes');

/** The last thing a program said: why it ended, if it is well-behaved. */
export async function lastWords(dir: string, name: string): Promise<string> {
  const log = await readFile(logFileOf(dir, name), 'utf8').catch(() => '');
  return log.trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}
