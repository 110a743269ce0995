import { CommandFailed } from '@ringshop/operator';
import pg from 'pg';
import { createDatabase } from '../../databases.ts';
import type { Arm, Bench, Outcome, Work } from '../arm.ts';
import { WorkerProcess } from '../worker-process.ts';
import { sessionsOf } from './two-phase-settings.ts';
import { books, type DatabaseName, databaseNames } from './two-phase-sql.ts';

type Urls = Record<DatabaseName, string>;

const program = new URL('./two-phase-program.js', import.meta.url);
const nameOf = (name: DatabaseName) => `two_phase_${name}`;

/** Two-phase commit over three databases: see `coordinator.ts`. */
export async function startTwoPhaseCommit({ rivals }: Bench): Promise<Arm> {
  const urls = {} as Urls;
  for (const name of databaseNames) urls[name] = await createDatabase(rivals.url, nameOf(name));
  const worker = await WorkerProcess.start(
    '2pc',
    program,
    databaseNames.map((name) => urls[name]),
  );
  return new TwoPhaseCommit(rivals, urls, worker);
}

class TwoPhaseCommit implements Arm {
  readonly name = '2pc';
  readonly title = 'two-phase commit over three databases';
  readonly settings = [
    `${sessionsOf({ paymentMs: 0 })} sessions in each database, ${sessionsOf({ paymentMs: 1 })} where the provider takes its time`,
    'PREPARE TRANSACTION in all three side by side, a durable decision, COMMIT PREPARED side by side',
    'presumed abort; decisions are forgotten 500 at a time',
  ];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly #urls: Urls;
  readonly #pids: Record<string, number>;
  readonly #worker: WorkerProcess;
  #completed = 0;

  constructor(rivals: Bench['rivals'], urls: Urls, worker: WorkerProcess) {
    this.postgres = { url: rivals.url, databases: databaseNames.map(nameOf) };
    this.#urls = urls;
    this.#pids = { client: worker.pid, postgres: rivals.pid };
    this.#worker = worker;
  }

  async pids(): Promise<Record<string, number>> {
    return this.#pids;
  }

  async run(work: Work): Promise<Outcome> {
    const outcome = await this.#worker.run(work);
    this.#completed += outcome.completed;
    return outcome;
  }

  async checkBooks(): Promise<void> {
    const problem = wrongWith(await readBooks(this.#urls), this.#completed);
    if (problem) throw new CommandFailed(`2pc: ${this.#completed} orders were placed, but ${problem}`);
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

export type Books = Record<
  'orders' | 'keys' | 'orderMoney' | 'sold' | 'unbalanced' | 'payments' | 'money' | 'prepared',
  number
>;

export async function readBooks(urls: Urls): Promise<Books> {
  const order = await row(urls.order, books.order);
  const [stock, payment] = [await row(urls.stock, books.stock), await row(urls.payment, books.payment)];
  const { prepared } = await row(urls.order, `SELECT count(*)::int AS prepared FROM pg_prepared_xacts`);
  return { ...order, orderMoney: order.money ?? 0, ...stock, ...payment, money: payment.money ?? 0, prepared } as Books;
}

/** Where the three databases do not tell of the same orders. */
export function wrongWith(said: Books, placed: number): string | undefined {
  const { orders, keys, orderMoney, sold, unbalanced, payments, money, prepared } = said;
  const same = orders === placed && keys === placed && payments === placed && sold === 2 * placed;
  const adds = orderMoney === money && unbalanced === 0 && prepared === 0;
  return same && adds ? undefined : `its books say ${JSON.stringify(said)}`;
}

async function row(url: string, text: string): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query(text)
    .then(({ rows }) => rows[0])
    .finally(() => client.end());
}
