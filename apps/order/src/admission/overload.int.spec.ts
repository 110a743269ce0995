import { eventually } from '@ringshop/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import { aCustomer, cancel, get, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';

const atOnce = 10;
let shard: TestShard;
let replica: Replica;
let other: pg.Client;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica({ REQUESTS_AT_ONCE_MAX: String(atOnce) });
  other = new pg.Client(shard.database.url);
  await other.connect();
});
afterEach(() => other.query('ROLLBACK'));
afterAll(async () => {
  await other.end();
  await shard.stop();
});

/** From now until `ROLLBACK` no transaction of the shard gets beyond its first statement. */
async function stallDatabase(): Promise<void> {
  await other.query('BEGIN');
  await other.query('LOCK TABLE owned_slots IN ACCESS EXCLUSIVE MODE');
}
/** Until so many requests have waited for so long, the first of them for the database. */
async function stalledFor(ms: number, requests: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await other.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0 && replica.shard.load.inFlight === requests;
  });
  const over = performance.now() + ms;
  await eventually(() => performance.now() > over);
}
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code];
const written = async (customer: string) => {
  const { rows } = await shard.database.pool.query(
    `SELECT (SELECT count(*) FROM orders WHERE customer_id = $1)::int AS orders,
            (SELECT count(*) FROM idempotency_keys WHERE customer_id = $1)::int AS keys,
            (SELECT count(*) FROM sagas JOIN orders ON order_id = saga_id WHERE customer_id = $1)::int AS sagas`,
    [customer],
  );
  return rows[0];
};
const nothing = { orders: 0, keys: 0, sagas: 0 };
const within = (ms: number) => ({ headers: { 'x-deadline-ms': String(ms) } });

describe('50: after its deadline', () => {
  it('an order that waited for a stalled database is not written, and its neighbours in the batch are', async () => {
    const [late, patient] = [aCustomer(), aCustomer()];
    await stallDatabase();
    const first = place(replica);
    await stalledFor(0, 1);
    const placings = [place(replica, { customer: late, ...within(200) }), place(replica, { customer: patient })];
    await stalledFor(200, 3);
    await other.query('ROLLBACK');
    const [refused, placed] = await Promise.all(placings);
    expect(await codeOf(refused!)).toEqual([504, 'deadline-exceeded']);
    expect([(await first).status, placed!.status]).toEqual([202, 202]);
    expect(await written(late)).toEqual(nothing);
    expect(await written(patient)).toEqual({ orders: 1, keys: 1, sagas: 1 });
  });

  it('an order is not cancelled, and its key is not used up', async () => {
    const customer = aCustomer();
    const { orderId } = (await (await place(replica, { customer })).json()) as Order;
    await stallDatabase();
    const cancelling = cancel(replica, orderId, customer, 'key', within(200).headers);
    await stalledFor(200, 1);
    await other.query('ROLLBACK');
    expect(await codeOf(await cancelling)).toEqual([504, 'deadline-exceeded']);
    expect(await written(customer)).toEqual({ orders: 1, keys: 1, sagas: 1 });
    expect((await cancel(replica, orderId, customer, 'key')).status).toBe(202);
  });

  it('what a client asked for that has hung up meanwhile is not written either', async () => {
    const customer = aCustomer();
    const gone = new AbortController();
    await stallDatabase();
    const placing = place(replica, { customer, signal: gone.signal }).catch((error: Error) => error.name);
    await stalledFor(0, 1);
    gone.abort();
    expect(await placing).toBe('AbortError');
    // A new connection is answered, and its answer comes after the server has noticed that the other one has ended.
    await fetch(`${replica.url}/health/live`);
    await other.query('ROLLBACK');
    await eventually(() => replica.shard.load.inFlight === 0);
    expect(await written(customer)).toEqual(nothing);
  });
});

describe('with more than can be done', () => {
  it('lists are refused first, then reads, then orders; at once, and health never', async () => {
    const customer = aCustomer();
    const { orderId } = (await (await place(replica, { customer })).json()) as Order;
    await stallDatabase();
    const held: Promise<Response>[] = [];
    const fill = async (upTo: number) => {
      while (held.length < upTo) held.push(place(replica, { customer: aCustomer() }));
      await eventually(() => replica.shard.load.inFlight === upTo);
    };
    const overloaded = [503, 'overloaded'];
    await fill(0.6 * atOnce);
    expect(await codeOf(await get(replica, '/orders', customer))).toEqual(overloaded);
    await fill(0.8 * atOnce);
    const read = await get(replica, `/orders/${orderId}`, customer);
    expect([await codeOf(read), read.headers.get('retry-after')]).toEqual([overloaded, '1']);
    await fill(atOnce);
    const refused = await Promise.all(Array.from({ length: 100 }, () => place(replica)));
    expect(new Set((await Promise.all(refused.map(codeOf))).map(String))).toEqual(new Set([String(overloaded)]));
    // One that was let in before, and whose gateway only asks what became of it.
    held.push(place(replica, { headers: { 'x-asked-before': '1' } }));
    expect(replica.shard.pool.waitingCount).toBeLessThanOrEqual(atOnce);
    expect((await fetch(`${replica.url}/health/live`)).status).toBe(200);
    await other.query('ROLLBACK');
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 202));
    expect((await get(replica, `/orders/${orderId}`, customer)).status).toBe(200);
  });

  it('a timeline is counted as long as the database is asked for it', async () => {
    const order = (await (await place(replica)).json()) as Order;
    await eventually(() => replica.shard.load.inFlight === 0);
    const timeline = replica.shard.timeline.of(order);
    expect(replica.shard.load.inFlight).toBe(1);
    await timeline;
    expect(replica.shard.load.inFlight).toBe(0);
  });

  it('clients that are only held take no place from others', async () => {
    const customer = aCustomer();
    const leave = new AbortController();
    const init = { customer, headers: { prefer: 'wait=10' }, signal: leave.signal };
    const waits = Array.from({ length: 3 * atOnce }, () => place(replica, init).catch(() => undefined));
    await eventually(async () => (await written(customer)).orders > 0 && replica.shard.load.inFlight === 0);
    expect((await place(replica)).status).toBe(202);
    leave.abort();
    await Promise.all(waits);
  });
});

it('47: a database that refuses connections is shard-unavailable at once, and works again once it takes them', async () => {
  const customer = aCustomer();
  const { orderId } = (await (await place(replica, { customer })).json()) as Order;
  const admin = shard.placement.pool;
  const name = new URL(shard.database.url).pathname.slice(1);
  await other.end();
  await admin.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`);
  await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  try {
    const ask = () => [
      place(replica, { customer }),
      get(replica, `/orders/${orderId}`, customer),
      get(replica, '/orders', customer),
    ];
    // A connection that was just ended may be noticed by the statement that meets it.
    for (const answer of [...(await Promise.all(ask())), ...(await Promise.all(ask()))]) {
      expect([await codeOf(answer), answer.headers.get('retry-after')]).toEqual([[503, 'shard-unavailable'], '1']);
    }
  } finally {
    await admin.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
    other = new pg.Client(shard.database.url);
    await other.connect();
  }
  await eventually(async () => (await place(replica, { customer })).status === 202);
});
