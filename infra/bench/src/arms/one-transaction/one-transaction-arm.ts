import { CommandFailed } from '@ringshop/operator';
import pg from 'pg';
import { createDatabase } from '../../databases.ts';
import type { Arm, Bench, Outcome, Work } from '../arm.ts';
import { WorkerProcess } from '../worker-process.ts';
import { books, clientsOf } from './one-transaction-sql.ts';

/** The yardstick: see `one-transaction.ts`. */
export async function startOneTransaction({ rivals }: Bench): Promise<Arm> {
  const database = await createDatabase(rivals.url, 'a1');
  const program = new URL('./one-transaction.js', import.meta.url);
  return new OneTransaction(rivals, database, await WorkerProcess.start('a1', program, [database]));
}

class OneTransaction implements Arm {
  readonly name = 'a1';
  readonly title = 'one transaction of one database';
  readonly settings = [
    `${clientsOf({ paymentMs: 0 })} clients with a session each, ${clientsOf({ paymentMs: 1 })} where the provider takes its time`,
    'six round trips an order, prepared statements',
  ];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly #database: string;
  readonly #pids: Record<string, number>;
  readonly #worker: WorkerProcess;
  #completed = 0;

  constructor(rivals: Bench['rivals'], database: string, worker: WorkerProcess) {
    this.postgres = { url: rivals.url, databases: ['a1'] };
    this.#database = database;
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
    const client = new pg.Client({ connectionString: this.#database });
    await client.connect();
    const said = await client.query<Record<string, number>>(books).finally(() => client.end());
    const { orders, keys, payments, sold, unbalanced } = said.rows[0]!;
    const placed = this.#completed;
    if (orders === placed && keys === placed && payments === placed && sold === 2 * placed && unbalanced === 0) return;
    throw new CommandFailed(`a1: ${placed} orders were placed, but its books say ${JSON.stringify(said.rows[0])}`);
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
