import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Child } from './child.ts';
import { exchange } from './exchange.ts';
import { refuseBusyPort } from './free-port.ts';
import { type Account, asAccount, postgresAccount, postgresBinaries } from './postgres-binaries.ts';
import { type ReadyOptions, type ServerOptions, startReady } from './ready-child.ts';

const run = promisify(execFile);
const sharedConfig = fileURLToPath(new URL('../../postgres/postgresql.conf', import.meta.url));
const whoMayEnter = fileURLToPath(new URL('../../postgres/pg_hba.conf', import.meta.url));

/** Listens on the loopback address only, so it protects nothing; it keeps the shape of a real address. */
export const postgresPassword = 'ringshop';

export interface PostgresServer extends Child {
  readonly name: 'postgres';
  readonly port: number;
  /** Opens the server as its administrator. */
  readonly url: string;
}

/** Starts PostgreSQL on the loopback address with its cluster in `dir`/postgres, which it makes when there is none. */
export async function startPostgres(options: ServerOptions & { configFile?: string }): Promise<PostgresServer> {
  const { dir, port, configFile = sharedConfig, ledger, signal } = options;
  await refuseBusyPort('postgres', port);
  const data = join(dir, 'postgres');
  const binaries = await postgresBinaries();
  await mkdir(dir, { recursive: true });
  const account = await postgresAccount([binaries.postgres, data, configFile]);
  if (!(await stat(join(data, 'PG_VERSION')).catch(() => undefined))) await initialise(data, binaries.initdb, account);

  const logFile = join(dir, 'logs', 'postgres.log');
  const files = { config_file: configFile, hba_file: whoMayEnter };
  const settings = { ...files, port, listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const how = { logFile, ledger, signal, ...asAccount(account, binaries.postgres, args) };
  const child = await startPatiently({
    name: 'postgres',
    // Its "fast shutdown", which ends sessions; SIGTERM would wait for them.
    stopSignal: 'SIGINT',
    isReady: ({ pid }) => saysReady(data, pid),
    readyWithin: 60_000,
    ...how,
  });
  const url = `postgresql://postgres:${postgresPassword}@127.0.0.1:${port}/postgres`;
  return Object.assign(child, { name: 'postgres' as const, port, url });
}

/** Backends of a postmaster that was killed hold its shared memory until they notice; nothing else is worth a second try. */
async function startPatiently(options: ReadyOptions): Promise<Child> {
  const giveUpAt = performance.now() + 15_000;
  for (;;) {
    const logged = await lengthOf(options.logFile);
    try {
      return await startReady(options);
    } catch (error) {
      const said = (await readFile(options.logFile)).subarray(logged).toString();
      if (!said.includes('shared memory block') || performance.now() > giveUpAt) throw error;
      await sleep(200);
    }
  }
}

async function lengthOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last line of `postmaster.pid` is the server's own word, the one that `pg_ctl -w` waits for. */
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** A cluster is complete once PG_VERSION exists; initdb removes what it made when it fails, and we what a kill left. */
async function initialise(data: string, initdb: string, account: Account | undefined): Promise<void> {
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  const passwordFile = `${data}.password`;
  await writeFile(passwordFile, `${postgresPassword}\n`, { mode: 0o600 });
  try {
    if (account) {
      await chown(data, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    // The built-in locale sorts the same on every system.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const user = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const { command, args, ...as } = asAccount(account, initdb, ['-D', data, '--no-sync', ...user, ...locale]);
    await run(command, args, { ...as, env: { ...process.env, LC_ALL: 'C' } });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Whether the server takes connections: it answers an SSLRequest (int32 8, int32 80877103) with one letter. */
export function answersSsl(port: number): Promise<boolean> {
  return exchange(port, Buffer.from('0000000804d2162f', 'hex'), (reply) => /^[NS]/.test(reply.toString('latin1')));
}
