import { hash, randomUUID } from 'node:crypto';
import { KeyRing, seal } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aBody, aCustomer, get, moveAway, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';

let shard: TestShard;
let one: Replica;
let two: Replica;

beforeAll(async () => {
  shard = await testShard();
  [one, two] = await Promise.all([shard.replica(), shard.replica()]);
});
afterAll(() => shard.stop());

const { shipTo } = aBody();
const query = (sql: string, values: unknown[] = []) => shard.database.pool.query(sql, values);

async function placed(customer: string, replica = one): Promise<string> {
  const answer = await place(replica, { customer });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { orderId: string }).orderId;
}
async function shipToOf(orderId: string, customer: string, replica = one) {
  const answer = await get(replica, `/orders/${orderId}/ship-to`, customer);
  const body = (await answer.json()) as { code?: string };
  return answer.ok ? body : [answer.status, body.code];
}

it('an address is told to its owner by any replica, and to nobody else', async () => {
  const customer = aCustomer();
  const orderId = await placed(customer);
  for (const replica of [one, two]) expect(await shipToOf(orderId, customer, replica)).toEqual(shipTo);
  expect(await shipToOf(orderId, aCustomer())).toEqual([404, 'not-found']);
  expect(await shipToOf('no-order', customer)).toEqual([404, 'not-found']);
});

it('orders, lists and timelines do not carry it', async () => {
  const customer = aCustomer();
  const orderId = await placed(customer);
  for (const path of ['/orders', `/orders/${orderId}`, `/orders/${orderId}/timeline`]) {
    expect(await (await get(one, path, customer)).text(), path).not.toMatch(/canary|shipTo/i);
  }
});

it('63: a sealed address that is moved to another row does not open, not even to another order of the customer', async () => {
  const [customer, other] = [aCustomer(), aCustomer()];
  const [mine, mineToo, theirs] = [await placed(customer), await placed(customer), await placed(other)];
  const move = (from: string, to: string) =>
    query('UPDATE orders SET ship_to = (SELECT ship_to FROM orders WHERE order_id = $1) WHERE order_id = $2', [
      from,
      to,
    ]);
  await move(theirs, mine);
  expect(await shipToOf(mine, customer)).toEqual([500, 'internal-error']);
  await move(mineToo, mine);
  expect(await shipToOf(mine, customer)).toEqual([500, 'internal-error']);
  expect(await shipToOf(mineToo, customer)).toEqual(shipTo);
});

it('63: a sealed key that is moved to another customer does not open', async () => {
  const [customer, other] = [aCustomer(), aCustomer()];
  const orderId = await placed(customer);
  await placed(other);
  await query(
    `UPDATE customer_keys SET sealed_key = (SELECT sealed_key FROM customer_keys WHERE customer_id = $1)
      WHERE customer_id = $2`,
    [other, customer],
  );
  expect(await shipToOf(orderId, customer)).toEqual([500, 'internal-error']);
  expect((await place(two, { customer })).status).toBe(500);
});

it('customers have one key each, also when two replicas meet them at the same moment and in opposite order', async () => {
  const customers = Array.from({ length: 40 }, aCustomer).sort();
  const together = async (replica: Replica, each: string[]) => {
    const orders = each.map((customer) => replica.shard.orders.place(customer, randomUUID(), aBody(), 0));
    return (await Promise.all(orders)).map(({ orderId }) => orderId);
  };
  // Somebody else has the one in the middle, so that each of the two has some before it has to wait.
  const other = await shard.database.pool.connect();
  await other.query('BEGIN');
  await other.query(`INSERT INTO customer_keys (customer_id, sealed_key) VALUES ($1, 'x')`, [customers[20]]);
  const placing = Promise.all([together(one, customers), together(two, customers.toReversed())]);
  await eventually(async () => (await waitingForRows()) === 2, { what: 'both replicas to wait' });
  await other.query('ROLLBACK');
  other.release();
  const [orders, others] = await placing;
  const { rows } = await query('SELECT DISTINCT sealed_key FROM customer_keys WHERE customer_id = ANY($1)', [
    customers,
  ]);
  expect(rows).toHaveLength(40);
  for (const [n, customer] of customers.entries()) {
    expect(await shipToOf(orders[n]!, customer, two)).toEqual(shipTo);
    expect(await shipToOf(others[39 - n]!, customer, one)).toEqual(shipTo);
  }
});

const waitingForRows = async () =>
  (
    await query(
      `SELECT count(DISTINCT l.pid)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE NOT l.granted AND a.datname = current_database()`,
    )
  ).rows[0].n as number;

it('the fingerprint of a request is no hash of what it says', async () => {
  const customers = [aCustomer(), aCustomer()];
  for (const customer of customers) await placed(customer);
  const { rows } = await query('SELECT request_hash FROM idempotency_keys WHERE customer_id = ANY($1)', [customers]);
  expect(rows.map(({ request_hash }) => request_hash.length)).toEqual([16, 16]);
  expect(rows[0].request_hash.equals(rows[1].request_hash)).toBe(false);
});

it('a key of the day before fingerprints were keyed still gives its order, and refuses another body', async () => {
  const [customer, key] = [aCustomer(), 'of yesterday'];
  const { orderId } = (await (await place(one, { customer, key })).json()) as { orderId: string };
  const { lines, payment } = aBody();
  const said = [lines.map((line) => [line.sku, line.quantity]), payment.token, [shipTo.name, shipTo.address], null];
  const bare = hash('sha256', JSON.stringify(said), 'buffer');
  await query('UPDATE idempotency_keys SET request_hash = $1 WHERE order_id = $2', [bare, orderId]);
  expect(await (await place(two, { customer, key })).json()).toMatchObject({ orderId });
  const other = { ...aBody(), payment: { token: 'tok_decline' } };
  expect((await place(two, { customer, key, body: other })).status).toBe(422);
});

it('an address from before customers had keys is still told to its owner', async () => {
  const customer = aCustomer();
  const orderId = await placed(customer);
  const ring = KeyRing.parse(shard.env.PERSONAL_DATA_KEYS!);
  const old = seal(ring, JSON.stringify(shipTo), `orders.ship_to ${orderId}`);
  await query('UPDATE orders SET ship_to = $1 WHERE order_id = $2', [old, orderId]);
  expect(await shipToOf(orderId, customer)).toEqual(shipTo);
});

it('a shard makes no key for a customer whose slot is not its own', async () => {
  const [customer, known] = [aCustomer(), aCustomer()];
  await placed(known);
  for (const each of [customer, known]) await moveAway(shard, each);
  const answers = await Promise.all([customer, known].map((each) => place(one, { customer: each })));
  expect(answers.map(({ status }) => status)).toEqual([421, 421]);
  expect((await query('SELECT FROM customer_keys WHERE customer_id = $1', [customer])).rowCount).toBe(0);
});
