import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  aCustomer,
  as,
  get,
  incoming,
  moveAway,
  place,
  type Replica,
  type TestShard,
  testShard,
} from '../shard.kit.ts';

let shard: TestShard;
let one: Replica;
let two: Replica;

beforeAll(async () => {
  shard = await testShard();
  // Parked sagas are not counted meanwhile: that would wait for a lock, too.
  const env = { PARKED_COUNT_MS: '600000' };
  [one, two] = await Promise.all([shard.replica(env), shard.replica(env)]);
});
afterAll(() => shard.stop());

const operator = randomUUID();
const rowsOf = async (sql: string, values: unknown[]) => (await shard.database.pool.query(sql, values)).rows;

async function call(customer: string, headers: Record<string, string> = as(operator, 'operator')) {
  const answer = await fetch(`${one.url}/customers/${customer}/erase`, { method: 'POST', headers });
  return { status: answer.status, body: (await answer.json()) as { erasedAt?: string; code?: string } };
}
async function placed(customer: string, replica = one): Promise<string> {
  const answer = await place(replica, { customer });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { orderId: string }).orderId;
}
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code];

it('an erased customer has orders and no address, and orders nothing more, at every replica at once', async () => {
  const customer = aCustomer();
  const [first, second] = [await placed(customer, one), await placed(customer, two)];
  const { status, body } = await call(customer);
  expect([status, body]).toEqual([200, { customerId: customer, erasedAt: expect.any(String) }]);
  for (const replica of [one, two]) {
    for (const orderId of [first, second]) {
      expect(await codeOf(await get(replica, `/orders/${orderId}/ship-to`, customer))).toEqual([410, 'erased']);
      expect((await get(replica, `/orders/${orderId}`, customer)).status).toBe(200);
    }
    expect(await codeOf(await place(replica, { customer }))).toEqual([403, 'forbidden']);
  }
  expect(await codeOf(await get(one, `/orders/${first}/ship-to`, aCustomer()))).toEqual([404, 'not-found']);
  expect(await rowsOf('SELECT sealed_key FROM customer_keys WHERE customer_id = $1', [customer])).toEqual([
    { sealed_key: null },
  ]);
  expect(await rowsOf('SELECT count(*)::int AS n FROM orders WHERE customer_id = $1', [customer])).toEqual([{ n: 2 }]);
});

it('an order that is being written with the key is waited for: none is placed after the answer', async () => {
  const customer = aCustomer();
  await placed(customer);
  const blocker = await shard.database.pool.connect();
  const waiting = async () => {
    const ours = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await rowsOf(ours, [])).length;
  };
  await blocker.query('BEGIN; LOCK TABLE sagas');
  try {
    const placing = placed(customer);
    await expect.poll(waiting).toBe(1);
    const erasing = call(customer);
    await expect.poll(waiting).toBe(2);
    await blocker.query('ROLLBACK');
    const [orderId, { status }] = await Promise.all([placing, erasing]);
    expect(status).toBe(200);
    expect(await codeOf(await get(one, `/orders/${orderId}/ship-to`, customer))).toEqual([410, 'erased']);
    expect(await codeOf(await place(one, { customer }))).toEqual([403, 'forbidden']);
  } finally {
    await blocker.query('ROLLBACK');
    blocker.release();
  }
});

it('a refused request of an erased customer does not touch its neighbours', async () => {
  const [erased, other] = [aCustomer(), aCustomer()];
  await call(erased);
  const answers = await Promise.all([other, erased, other].map((customer) => place(one, { customer })));
  expect(answers.map(({ status }) => status)).toEqual([202, 403, 202]);
});

it('an open order of an erased customer goes on to its end', async () => {
  const customer = aCustomer();
  const orderId = await placed(customer);
  await call(customer);
  for (const reply of ['stock-reserved', 'payment-authorised']) {
    await two.shard.sagas.handleReplies([incoming(orderId, reply)]);
  }
  expect(await (await get(one, `/orders/${orderId}`, customer)).json()).toMatchObject({ status: 'confirmed' });
});

it('repeated it changes nothing, and each time it goes on record who asked', async () => {
  const customer = aCustomer();
  await placed(customer);
  const [first, again] = [await call(customer), await call(customer)];
  expect(again).toEqual(first);
  const actions = await rowsOf('SELECT who, what FROM operator_actions WHERE customer_id = $1', [customer]);
  expect(actions).toEqual([
    { who: operator, what: 'erase' },
    { who: operator, what: 'erase' },
  ]);
});

it('somebody who has never ordered can be erased, and gets no key afterwards', async () => {
  const customer = aCustomer();
  expect((await call(customer)).status).toBe(200);
  expect((await place(two, { customer })).status).toBe(403);
});

it('an address from before customers had keys goes, too', async () => {
  const customer = aCustomer();
  const orderId = await placed(customer);
  await rowsOf(`UPDATE orders SET ship_to = 'test.of.long.ago' WHERE order_id = $1`, [orderId]);
  await call(customer);
  expect(await rowsOf('SELECT ship_to FROM orders WHERE order_id = $1', [orderId])).toEqual([{ ship_to: '@.' }]);
});

it('is for operators only, for customers, and for those of this shard', async () => {
  const customer = aCustomer();
  expect((await call(customer, as(customer))).status).toBe(403);
  expect((await call(customer, {})).status).toBe(401);
  expect((await call('nobody')).status).toBe(400);
  await moveAway(shard, customer);
  expect((await call(customer)).status).toBe(421);
  expect(await rowsOf('SELECT FROM customer_keys WHERE customer_id = $1', [customer])).toEqual([]);
});
