/**
 * The arm `2pc` in a process of its own, so that its CPU can be counted:
 * `node two-phase-program.js <order database> <stock database> <payment database>`.
 */
import pg from 'pg';
import { pace } from '../pace.ts';
import { tables } from '../shop-sql.ts';
import { serveWork } from '../worker.ts';
import { Coordinator, type Sessions } from './coordinator.ts';
import { coordinatorName, recover } from './recover.ts';
import { sessionsOf } from './two-phase-settings.ts';
import { databaseNames } from './two-phase-sql.ts';

const [order, stock, payment] = process.argv.slice(2).map(
  (connectionString) =>
    new pg.Pool({
      connectionString,
      max: sessionsOf({ paymentMs: 1 }),
      idleTimeoutMillis: 0,
      application_name: coordinatorName,
    }),
) as [pg.Pool, pg.Pool, pg.Pool];
const pools = { order, stock, payment };

async function openSessions(): Promise<Sessions & { release: () => void }> {
  const [order, stock, payment] = await Promise.all([
    pools.order.connect(),
    pools.stock.connect(),
    pools.payment.connect(),
  ]);
  const release = () => {
    for (const session of [order, stock, payment]) session.release();
  };
  return { order, stock, payment, release };
}

const first = await openSessions();
await recover(first);
for (const name of databaseNames) await first[name].query(tables[name]);
first.release();
const coordinator = new Coordinator();

serveWork({
  run: async (work) => {
    // A session for each order under way: the arm offers no more of them than the pools have.
    const opened = await Promise.all(Array.from({ length: work.inFlight }, openSessions));
    const free = [...opened];
    try {
      const outcome = await pace(work, async () => {
        const sessions = free.pop()!;
        await coordinator.place(sessions, work);
        free.push(sessions);
      });
      await coordinator.forget(opened[0]!.order);
      return outcome;
    } finally {
      for (const { release } of opened) release();
    }
  },
  close: async () => {
    await Promise.all(databaseNames.map((name) => pools[name].end()));
  },
});
