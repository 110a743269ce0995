/**
 * The yardstick A1: the whole order in one transaction of one PostgreSQL database. No services, no messages, no HTTP;
 * six round trips with prepared statements from 32 clients (more where they have to wait for the provider). What it cannot do (survive the loss of a part, scale past
 * one database, talk to a payment provider outside the transaction) is what the difference pays for.
 * Runs as a process of its own, so that its CPU can be counted: `node one-transaction.js <database url>`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Work } from '../arm.ts';
import { orderLines } from '../order-lines.ts';
import { pace } from '../pace.ts';
import { statements } from '../shop-sql.ts';
import { serveWork } from '../worker.ts';
import { clientsOf, schema } from './one-transaction-sql.ts';

async function placeOrder(client: pg.PoolClient, { hotSkus, paymentMs }: Work): Promise<undefined> {
  const orderId = randomUUID();
  const customerId = randomUUID();
  const lines = orderLines({ hotSkus });
  const [skus, quantities] = [lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity)];
  await client.query('BEGIN');
  await client.query({ ...statements.insertKey, values: [customerId, orderId, randomBytes(32), orderId] });
  const taken = await client.query({ ...statements.takeStock, values: [skus, quantities] });
  if (taken.rowCount !== lines.length) throw new Error(`out of stock: ${skus.join(', ')}`);
  const total = taken.rows.reduce((sum: number, row: { amount: string }) => sum + Number(row.amount), 0);
  const shipTo = JSON.stringify({ name: 'Ada Bench', address: '1 Loopback Street' });
  await client.query({
    ...statements.insertOrder,
    values: [orderId, customerId, JSON.stringify(lines), total, shipTo],
  });
  // The provider is asked while the rows are locked: that is what one transaction means.
  if (paymentMs > 0) await pause(paymentMs);
  await client.query({ ...statements.insertPayment, values: [orderId, total] });
  await client.query('COMMIT');
}

// What has been opened stays open: a session that is new prepares its statements first.
const pool = new pg.Pool({ connectionString: process.argv[2], max: clientsOf({ paymentMs: 1 }), idleTimeoutMillis: 0 });
await pool.query(schema);

serveWork({
  run: async (work) => {
    // A session for each order under way: the arm offers no more of them than the pools have.
    const free = await Promise.all(Array.from({ length: work.inFlight }, () => pool.connect()));
    const sessions = [...free];
    try {
      return await pace(work, async () => {
        const client = free.pop()!;
        await placeOrder(client, work);
        free.push(client);
      });
    } finally {
      for (const session of sessions) session.release();
    }
  },
  close: () => pool.end(),
});
