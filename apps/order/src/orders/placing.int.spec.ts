import type { Tx } from '@ringshop/messaging';
import { open, readConfig } from '@ringshop/service-defaults';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { orderConfig } from '../config.ts';
import { aBody, aCustomer, get, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';
import { claimKeys } from './idempotency-keys.table.ts';
import type { Order } from './order.ts';
import { placingOf } from './place-request.ts';

let shard: TestShard;
let one: Replica;
let two: Replica;

beforeAll(async () => {
  shard = await testShard();
  [one, two] = await Promise.all([shard.replica(), shard.replica()]);
});
afterEach(() =>
  shard.database.pool.query('DROP TRIGGER IF EXISTS refuse ON orders; DROP TRIGGER IF EXISTS refuse ON outbox'),
);
afterAll(() => shard.stop());

const counts = async (customer: string) => {
  const { rows } = await shard.database.pool.query(
    `SELECT (SELECT count(*) FROM orders WHERE customer_id = $1)::int AS orders,
            (SELECT count(*) FROM idempotency_keys WHERE customer_id = $1)::int AS keys,
            (SELECT count(*) FROM sagas JOIN orders ON order_id = saga_id WHERE customer_id = $1)::int AS sagas`,
    [customer],
  );
  return rows[0];
};
const idOf = async (response: Response) => ((await response.json()) as { orderId: string }).orderId;
const inOneBatch = (bodies: unknown[], customer = aCustomer(), key?: string) =>
  Promise.all(bodies.map((body) => place(one, { customer, body, ...(key && { key }) })));

describe('placing an order', () => {
  it('answers 202 with the order and its location, and nothing that is secret', async () => {
    const customer = aCustomer();
    const response = await place(one, { customer });
    const order = (await response.json()) as Order;
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/v1/orders/${order.orderId}`);
    expect(order).toEqual({
      orderId: expect.any(String),
      customerId: customer,
      status: 'pending',
      lines: aBody().lines,
      placedAt: expect.any(String),
      updatedAt: order.placedAt,
      version: 1,
    });
    const read = await get(two, `/orders/${order.orderId}`, customer);
    expect(await read.json()).toEqual(order);
  });

  it.each([256, 4])(
    'gives orders that leave in one transaction ids that end alike, and those of another one other ids, with up to %i in one',
    async (most) => {
      const replica = await shard.replica({ BATCH_MAX: String(most) });
      const customer = aCustomer();
      for (let wave = 0; wave < 3; wave++) {
        await Promise.all(Array.from({ length: 16 }, () => place(replica, { customer })));
      }
      const { rows } = await shard.database.pool.query<{ transactions: string[]; orders: number }>(
        `SELECT array_agg(DISTINCT xmin::text) AS transactions, count(*)::int AS orders FROM orders
         WHERE customer_id = $1 GROUP BY right(order_id::text, 2)`,
        [customer],
      );
      expect(rows.reduce((sum, { orders }) => sum + orders, 0)).toBe(48);
      expect(rows.map(({ transactions }) => transactions.length)).toEqual(rows.map(() => 1));
      expect(new Set(rows.flatMap(({ transactions }) => transactions)).size).toBe(rows.length);
      const largest = Math.max(...rows.map(({ orders }) => orders));
      expect(largest).toBeGreaterThan(1);
      expect(largest).toBeLessThanOrEqual(most);
    },
  );

  it('leaves no key, no order and no saga behind when its transaction fails at the very end', async () => {
    const { pool } = shard.database;
    const all = async () => {
      const tables = ['idempotency_keys', 'orders', 'sagas'];
      return (await pool.query(`SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`)}`)).rows;
    };
    await refuseInserts('orders', 'true', 'at commit');
    const before = await all();
    expect((await place(one)).status).toBe(500);
    expect(await all()).toEqual(before);
  });

  it('writes what waits as one transaction with one row of messages', async () => {
    const before = await shard.database.pool.query('SELECT count(*)::int AS n, max(id) AS id FROM outbox');
    const placings = Array.from({ length: 50 }, () => one.shard.orders.place(aCustomer(), 'k', aBody(), 0));
    const orders = await Promise.all(placings);
    const { rows } = await shard.database.pool.query('SELECT messages FROM outbox WHERE id > $1', [
      before.rows[0].id ?? 0,
    ]);
    expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(50);
    expect(rows).toHaveLength(1);
  });

  it('writes all or nothing', async () => {
    await refuseInserts('outbox', 'true');
    const customer = aCustomer();
    const response = await place(one, { customer });
    expect(response.status).toBe(500);
    expect(await counts(customer)).toEqual({ orders: 0, keys: 0, sagas: 0 });
  });

  it('does not let one request fail its neighbours', async () => {
    await refuseInserts('orders', `NEW.lines::text LIKE '%POISON%'`);
    const customer = aCustomer();
    const poison = { ...aBody(), lines: [{ sku: 'POISON', quantity: 1 }] };
    const placings = [aBody(), aBody(), poison, aBody(), aBody()].map((body, n) =>
      one.shard.orders.place(customer, `key ${n}`, body, 0),
    );
    const results = await Promise.allSettled(placings);
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true]);
    expect(await counts(customer)).toEqual({ orders: 4, keys: 4, sagas: 4 });
  });

  it('seals the payment token for the payment service, bound to the order, and stores nothing in the clear', async () => {
    const orderId = await idOf(await place(one));
    const { rows } = await shard.database.pool.query('SELECT data FROM sagas WHERE saga_id = $1', [orderId]);
    const config = readConfig(orderConfig, shard.env);
    expect(open(config.PAYMENT_TOKEN_KEYS, rows[0].data.token, orderId)).toBe(aBody().payment.token);
    for (const table of ['orders', 'sagas', 'outbox', 'idempotency_keys', 'customer_keys']) {
      const found = await shard.database.pool.query(`SELECT FROM ${table} AS t WHERE t::text ~* 'canary'`);
      expect(found.rowCount, table).toBe(0);
    }
  });

  it('has its first command carry on the trace of its request, where there is one', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const given = [trace, 'geheim', undefined].map((traceparent) => ({ ...(traceparent && { traceparent }) }));
    const orderIds = await Promise.all(given.map(async (headers) => idOf(await place(one, { headers }))));
    const { rows } = await shard.database.pool.query<{ subject: string; trace: string | null }>(
      `SELECT m->'event'->>'subject' AS subject, m->'event'->>'traceparent' AS trace
         FROM outbox, json_array_elements(messages) AS m WHERE m->'event'->>'subject' = ANY ($1)`,
      [orderIds],
    );
    const traceOf = new Map(rows.map(({ subject, trace }) => [subject, trace]));
    expect(orderIds.map((orderId) => traceOf.get(orderId))).toEqual([trace, null, null]);
  });
});

describe('an idempotency key', () => {
  it('gives the same order again, as it is now', async () => {
    const [customer, key] = [aCustomer(), 'order 1 ~!'];
    const first = await place(one, { customer, key });
    const orderId = await idOf(first);
    await shard.database.pool.query(`UPDATE orders SET status = 'rejected', reason = 'timed-out' WHERE order_id = $1`, [
      orderId,
    ]);
    const again = await place(two, { customer, key });
    expect(again.status).toBe(201);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await again.json()).toMatchObject({ orderId, status: 'rejected', reason: 'timed-out' });
    expect(await counts(customer)).toEqual({ orders: 1, keys: 1, sagas: 1 });
  });

  it('does not mind another spelling of the same body', async () => {
    const [customer, key] = [aCustomer(), 'key'];
    const { lines, payment, shipTo } = aBody();
    const orderId = await idOf(await place(one, { customer, key, body: { lines, payment, shipTo } }));
    expect(await idOf(await place(one, { customer, key, body: { shipTo, payment, lines } }))).toBe(orderId);
  });

  it.each([
    ['another quantity', { ...aBody(), lines: [{ sku: 'SKU-0001', quantity: 3 }] }],
    ['another token', { ...aBody(), payment: { token: 'tok_decline' } }],
    ['another address', { ...aBody(), shipTo: { name: 'Ada Canary', address: 'elsewhere' } }],
    ['an expected total', { ...aBody(), expectedTotal: { amount: 1, currency: 'EUR' } }],
  ])('refuses %s with 422, later and in the same batch', async (_what, body) => {
    const [customer, key] = [aCustomer(), 'key'];
    const together = await inOneBatch([aBody(), body], customer, key);
    expect(together.map(({ status }) => status)).toEqual([202, 422]);
    const later = await place(one, { customer, key, body });
    expect(later.status).toBe(422);
    expect(await later.json()).toMatchObject({ code: 'idempotency-key-reused' });
    expect(await counts(customer)).toEqual({ orders: 1, keys: 1, sagas: 1 });
  });

  it('belongs to one customer: the same key of another one is another order', async () => {
    const [first, second] = await Promise.all([place(one, { key: 'same' }), place(one, { key: 'same' })]);
    expect(await idOf(first)).not.toBe(await idOf(second));
  });

  it('gives one order to 60 requests at once at two replicas', async () => {
    const [customer, key] = [aCustomer(), 'at once'];
    const responses = await Promise.all(
      Array.from({ length: 60 }, (_, n) => place(n % 2 ? one : two, { customer, key })),
    );
    const placed = responses.filter(({ status }) => status === 202);
    const inUse = responses.filter(({ status }) => status === 409);
    expect(placed.length).toBeGreaterThan(0);
    expect(placed.length + inUse.length).toBe(60);
    expect(new Set(await Promise.all(placed.map(idOf))).size).toBe(1);
    expect(await counts(customer)).toEqual({ orders: 1, keys: 1, sagas: 1 });
  });

  it('that another transaction holds costs a 409 at once, and the neighbours nothing', async () => {
    const customer = aCustomer();
    const config = readConfig(orderConfig, shard.env);
    const other = new pg.Client({ connectionString: shard.database.url });
    await other.connect();
    try {
      await other.query('BEGIN');
      const placing = placingOf(customer, 'held', aBody(), config.PAYMENT_TOKEN_KEYS, 0);
      await claimKeys(other as unknown as Tx, [{ ...placing, hash: Buffer.alloc(16) }]);
      const [held, neighbour] = await Promise.all([place(one, { customer, key: 'held' }), place(one)]);
      expect([held.status, neighbour.status]).toEqual([409, 202]);
      expect(held.headers.get('retry-after')).toBe('1');
      expect(await held.json()).toMatchObject({ code: 'idempotency-key-in-use' });
      await other.query('ROLLBACK');
      expect((await place(one, { customer, key: 'held' })).status).toBe(202);
    } finally {
      await other.end();
    }
  });
});

/** Makes the database itself refuse rows: a fault in the middle of the transaction. */
async function refuseInserts(
  table: string,
  condition: string,
  when: 'at once' | 'at commit' = 'at once',
): Promise<void> {
  const [trigger, deferred] =
    when === 'at once' ? ['TRIGGER refuse BEFORE', ''] : ['CONSTRAINT TRIGGER refuse AFTER', 'INITIALLY DEFERRED'];
  await shard.database.pool.query(`
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
    CREATE ${trigger} INSERT ON ${table} ${deferred} FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION refuse()`);
}
