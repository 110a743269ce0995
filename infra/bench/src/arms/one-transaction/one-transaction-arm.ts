import { createDatabase, oneRow } from '../../databases.ts';
import type { Arm, Bench } from '../arm.ts';
import { WorkerArm } from '../worker-arm.ts';
import { WorkerProcess } from '../worker-process.ts';
import { books, clientsOf } from './one-transaction-sql.ts';

/** The yardstick: see `one-transaction.ts`. */
export async function startOneTransaction({ rivals }: Bench): Promise<Arm> {
  const database = await createDatabase(rivals.url, 'a1');
  const program = new URL('./one-transaction.js', import.meta.url);
  return new WorkerArm({
    name: 'a1',
    title: 'one transaction of one database',
    settings: [
      `${clientsOf({ paymentMs: 0 })} clients with a session each, ${clientsOf({ paymentMs: 1 })} where the provider takes its time`,
      'six round trips an order, prepared statements',
    ],
    rivals,
    databases: ['a1'],
    worker: await WorkerProcess.start('a1', program, [database]),
    sessions: clientsOf,
    wrongWith: async (completed) => wrongWith(await oneRow(database, books), completed),
  });
}

function wrongWith(said: Record<string, number>, placed: number): string | undefined {
  const { orders, keys, payments, sold, unbalanced } = said;
  const same = orders === placed && keys === placed && payments === placed && sold === 2 * placed;
  return same && unbalanced === 0 ? undefined : `its books say ${JSON.stringify(said)}`;
}
