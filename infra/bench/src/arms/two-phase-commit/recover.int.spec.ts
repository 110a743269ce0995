import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase } from '../../databases.ts';
import { type RivalsPostgres, startRivalsPostgres } from '../rivals-postgres.ts';
import { WorkerProcess } from '../worker-process.ts';
import { preparedIn } from './recover.ts';
import { readBooks, wrongWith } from './two-phase-arm.ts';
import { type DatabaseName, databaseNames } from './two-phase-sql.ts';

const program = new URL('../../../dist/arms/two-phase-commit/two-phase-program.js', import.meta.url);
const work = { orders: 60, paymentMs: 0, hotSkus: 10, inFlight: 8 };
let dir: string;
let postgres: RivalsPostgres;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'two-phase-'));
  postgres = await startRivalsPostgres({ dir, signal: new AbortController().signal });
});
afterAll(async () => {
  await postgres.stop();
  await rm(dir, { recursive: true });
});

async function databases(prefix: string): Promise<Record<DatabaseName, string>> {
  const urls = {} as Record<DatabaseName, string>;
  for (const name of databaseNames) urls[name] = await createDatabase(postgres.url, `${prefix}_${name}`);
  return urls;
}

/** Runs orders until the coordinator is killed there. @returns in how many databases it left each order prepared */
async function killedAt(failpoint: string, urls: Record<DatabaseName, string>): Promise<string[][]> {
  const env = { ...process.env, RINGSHOP_FAILPOINTS: `${failpoint}=kill@20` };
  const coordinator = fork(
    program,
    databaseNames.map((name) => urls[name]),
    { env, execArgv: [] },
  );
  coordinator.once('message', () => coordinator.send({ work }));
  const [, signal] = await once(coordinator, 'exit');
  expect(signal).toBe('SIGKILL');
  return Promise.all(databaseNames.map((name) => asked(urls[name], preparedIn)));
}

async function asked<T>(url: string, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return ask(client).finally(() => client.end());
}

const ordersIn = async (url: string, gid: string) =>
  asked(url, async (client) => {
    const text = 'SELECT 1 FROM orders WHERE order_id = $1';
    return (await client.query(text, [gid.slice(gid.indexOf(':') + 1)])).rowCount;
  });

/** The next coordinator starts, recovers, and goes on. */
async function goesOn(urls: Record<DatabaseName, string>): Promise<void> {
  const next = await WorkerProcess.start(
    '2pc',
    program,
    databaseNames.map((name) => urls[name]),
  );
  await next.run(work);
  await next.close();
}

it('a coordinator that dies between prepare and decision leaves locks, which the next one undoes in all three databases', async () => {
  const urls = await databases('prepared');
  const left = await killedAt('two-phase.prepared', urls);
  const everywhere = left[0]!.filter((gid) => left.every((gids) => gids.includes(gid)));
  await goesOn(urls);
  const kept = await Promise.all(everywhere.map((gid) => ordersIn(urls.order, gid)));
  expect(kept, 'orders that were prepared everywhere and never decided').toContain(0);
  const books = await readBooks(urls);
  expect(wrongWith(books, books.orders)).toBeUndefined();
  expect(await asked(urls.order, async (client) => (await client.query('SELECT 1 FROM decisions')).rowCount)).toBe(0);
});

it('a coordinator that dies between decision and commit has its decision carried out by the next one', async () => {
  const urls = await databases('decided');
  const left = await killedAt('two-phase.decided', urls);
  const decided = await asked(urls.order, async (client) => {
    const { rows } = await client.query<{ gid: string }>('SELECT gid FROM decisions');
    return rows.map(({ gid }) => gid).filter((gid) => left.some((gids) => gids.includes(gid)));
  });
  expect(decided).not.toEqual([]);
  await goesOn(urls);
  for (const gid of decided) expect(await ordersIn(urls.order, gid)).toBe(1);
  const books = await readBooks(urls);
  expect(wrongWith(books, books.orders)).toBeUndefined();
});
