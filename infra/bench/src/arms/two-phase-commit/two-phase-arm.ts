import { createDatabase, oneRow } from '../../databases.ts';
import type { Arm, Bench } from '../arm.ts';
import { WorkerArm } from '../worker-arm.ts';
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
  return new WorkerArm({
    name: '2pc',
    title: 'two-phase commit over three databases',
    settings: [
      `${sessionsOf({ paymentMs: 0 })} sessions in each database, ${sessionsOf({ paymentMs: 1 })} where the provider takes its time`,
      'PREPARE TRANSACTION in all three side by side, a durable decision, COMMIT PREPARED side by side',
      'presumed abort; decisions are forgotten 500 at a time',
    ],
    rivals,
    databases: databaseNames.map(nameOf),
    worker: await WorkerProcess.start(
      '2pc',
      program,
      databaseNames.map((name) => urls[name]),
    ),
    sessions: sessionsOf,
    wrongWith: async (completed) => wrongWith(await readBooks(urls), completed),
  });
}

export type Books = Record<
  'orders' | 'keys' | 'orderMoney' | 'sold' | 'unbalanced' | 'payments' | 'money' | 'prepared',
  number
>;

export async function readBooks(urls: Urls): Promise<Books> {
  const order = await oneRow(urls.order, books.order);
  const [stock, payment] = [await oneRow(urls.stock, books.stock), await oneRow(urls.payment, books.payment)];
  const { prepared } = await oneRow(urls.order, 'SELECT count(*)::int AS prepared FROM pg_prepared_xacts');
  return { ...order, orderMoney: order.money ?? 0, ...stock, ...payment, money: payment.money ?? 0, prepared } as Books;
}

/** Where the three databases do not tell of the same orders. */
export function wrongWith(said: Books, placed: number): string | undefined {
  const { orders, keys, orderMoney, sold, unbalanced, payments, money, prepared } = said;
  const same = orders === placed && keys === placed && payments === placed && sold === 2 * placed;
  const adds = orderMoney === money && unbalanced === 0 && prepared === 0;
  return same && adds ? undefined : `its books say ${JSON.stringify(said)}`;
}
