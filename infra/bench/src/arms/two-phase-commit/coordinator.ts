import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { failpoint } from '@ringshop/service-defaults';
import type pg from 'pg';
import type { Work } from '../arm.ts';
import { type Line, orderLines } from '../order-lines.ts';
import { statements } from '../shop-sql.ts';
import { type DatabaseName, databaseNames, decisionStatements } from './two-phase-sql.ts';

/** A session in each of the three databases. */
export type Sessions = Record<DatabaseName, pg.ClientBase>;

/** Marks what is ours among the prepared transactions. */
export const gidPrefix = 'order:';
/** A server knows a name once, whichever of its databases it is in, and these three may share one. */
export const nameIn = (database: DatabaseName, gid: string) => `${gid}:${database}`;
/** Decisions that nobody needs any more are deleted together: a statement an order would cost more than the order's own. */
const forgetAt = 500;

/**
 * Places orders by two-phase commit over three databases, with presumed abort: a transaction that is prepared everywhere and
 * has a row in `decisions` is to be committed, any other one is to be rolled back. The row is durable before the first commit,
 * so `recover` can end what a coordinator that died has left behind.
 *
 * What can be done side by side is. The provider is asked while the rows of the stock are locked, and they stay so until the
 * second phase: that is what this architecture costs, and what a saga is there to avoid.
 */
export class Coordinator {
  #done: string[] = [];

  async place(sessions: Sessions, { hotSkus, paymentMs }: Pick<Work, 'hotSkus' | 'paymentMs'>): Promise<void> {
    const orderId = randomUUID();
    const lines = orderLines({ hotSkus });
    await work(sessions, { orderId, lines, paymentMs });
    const gid = `${gidPrefix}${orderId}`;
    await inAll(sessions, (session, name) => session.query(`PREPARE TRANSACTION '${nameIn(name, gid)}'`));
    failpoint('two-phase.prepared');
    await sessions.order.query({ ...decisionStatements.decide, values: [gid] });
    failpoint('two-phase.decided');
    await inAll(sessions, (session, name) => session.query(`COMMIT PREPARED '${nameIn(name, gid)}'`));
    this.#done.push(gid);
    if (this.#done.length >= forgetAt) await this.forget(sessions.order);
  }

  /** Deletes the decisions of orders that are committed everywhere. */
  async forget(session: pg.ClientBase): Promise<void> {
    const done = this.#done;
    this.#done = [];
    if (done.length > 0) await session.query({ ...decisionStatements.forget, values: [done] });
  }
}

interface Order {
  orderId: string;
  lines: Line[];
  paymentMs: number;
}

/** Everything up to the first phase. */
async function work({ order, stock, payment }: Sessions, { orderId, lines, paymentMs }: Order): Promise<void> {
  const customerId = randomUUID();
  const [total] = await Promise.all([takeStock(stock, lines), insertKey(order, orderId, customerId)]);
  const shipTo = JSON.stringify({ name: 'Ada Bench', address: '1 Loopback Street' });
  const values = [orderId, customerId, JSON.stringify(lines), total, shipTo];
  await Promise.all([order.query({ ...statements.insertOrder, values }), pay(payment, { orderId, total, paymentMs })]);
}

async function insertKey(order: pg.ClientBase, orderId: string, customerId: string): Promise<void> {
  await order.query('BEGIN');
  await order.query({ ...statements.insertKey, values: [customerId, orderId, randomBytes(32), orderId] });
}

/** @returns the total */
async function takeStock(stock: pg.ClientBase, lines: Line[]): Promise<number> {
  const [skus, quantities] = [lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity)];
  await stock.query('BEGIN');
  const { rows } = await stock.query<{ amount: string }>({ ...statements.takeStock, values: [skus, quantities] });
  if (rows.length !== lines.length) throw new Error(`out of stock: ${skus.join(', ')}`);
  return rows.reduce((sum, { amount }) => sum + Number(amount), 0);
}

async function pay(payment: pg.ClientBase, { orderId, total, paymentMs }: Omit<Order, 'lines'> & { total: number }) {
  if (paymentMs > 0) await pause(paymentMs);
  await payment.query('BEGIN');
  await payment.query({ ...statements.insertPayment, values: [orderId, total] });
}

type Action = (session: pg.ClientBase, name: DatabaseName) => Promise<unknown>;

async function inAll(sessions: Sessions, action: Action): Promise<void> {
  await Promise.all(databaseNames.map((name) => action(sessions[name], name)));
}
