import { slotOf } from '@ringshop/placement';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SlotNotOwned } from '../placement/owned-slots.ts';
import {
  aBody,
  aCustomer,
  get,
  incoming,
  moveAway,
  place,
  type Replica,
  type TestShard,
  testShard,
} from '../shard.kit.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica({ STEP_DEADLINE_MS: '1' });
});
afterAll(() => shard.stop());

const everything = async () => {
  const { rows } = await shard.database.pool.query(
    `SELECT (SELECT json_agg(o ORDER BY order_id) FROM orders o) AS orders,
            (SELECT json_agg(s ORDER BY saga_id) FROM sagas s) AS sagas,
            (SELECT count(*)::int FROM idempotency_keys) AS keys, (SELECT count(*)::int FROM outbox) AS outbox`,
  );
  return rows[0];
};

describe('a slot that another shard owns by now', () => {
  it('refuses its writes and reads with 421 and the newest epoch, and writes nothing', async () => {
    const customer = aCustomer();
    const { orderId } = (await (await place(replica, { customer })).json()) as { orderId: string };
    await moveAway(shard, customer);
    const before = await everything();
    const responses = await Promise.all([
      place(replica, { customer }),
      get(replica, '/orders', customer),
      get(replica, `/orders/${orderId}`, customer),
      get(replica, `/orders/${orderId}/timeline`, customer),
      get(replica, `/orders/${orderId}/events`, customer),
    ]);
    for (const response of responses) {
      expect(response.status).toBe(421);
      expect(await response.json()).toMatchObject({ code: 'misdirected', epoch: expect.toSatisfy((n) => n > 1) });
    }
    expect(await everything()).toEqual(before);
  });

  it('does not touch the orders of other slots in the same batch', async () => {
    const moved = aCustomer();
    await moveAway(shard, moved);
    const placings = [aCustomer(), moved, aCustomer()].map((customer) =>
      replica.shard.orders.place(customer, 'k', aBody(), 0),
    );
    const results = await Promise.allSettled(placings);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'misdirected', status: 421 } });
  });

  it('can not be taken while a write to it is under way', async () => {
    const customer = aCustomer();
    const [blocker, mover] = [shard.database.url, shard.database.url].map((url) => new pg.Client(url));
    await Promise.all([blocker!.connect(), mover!.connect()]);
    try {
      await blocker!.query('BEGIN; LOCK TABLE sagas');
      const placing = place(replica, { customer });
      await waitingForLock();
      await mover!.query(`SET lock_timeout = '200ms'`);
      const take = () => mover!.query('DELETE FROM owned_slots WHERE slot = $1', [slotOf(customer)]);
      await expect(take()).rejects.toMatchObject({ code: '55P03' });
      await blocker!.query('ROLLBACK');
      expect((await placing).status).toBe(202);
      await take();
      expect((await place(replica, { customer })).status).toBe(421);
    } finally {
      await Promise.all([blocker!.end(), mover!.end()]);
    }
  });

  it('refuses its replies for good, so that they become dead letters and hold up nobody', async () => {
    const customer = aCustomer();
    const order = await replica.shard.orders.place(customer, 'k', aBody(), 0);
    await moveAway(shard, customer);
    const before = await everything();
    const reply = replica.shard.sagas.handleReplies([incoming(order.orderId, 'stock-reserved')]);
    await expect(reply).rejects.toBeInstanceOf(SlotNotOwned);
    expect(await everything()).toEqual(before);
  });

  it('is left out of the sweep of deadlines, which goes on with the others', async () => {
    const [moved, kept] = [aCustomer(), aCustomer()];
    const theirs = await replica.shard.orders.place(moved, 'k', aBody(), 0);
    const ours = await replica.shard.orders.place(kept, 'k', aBody(), 0);
    await moveAway(shard, moved);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await replica.shard.sagas.sweepDeadlines()).toBeGreaterThan(0);
    const { rows } = await shard.database.pool.query(
      'SELECT saga_id, state FROM sagas WHERE saga_id = ANY($1) ORDER BY saga_id = $2',
      [[theirs.orderId, ours.orderId], ours.orderId],
    );
    expect(rows.map(({ state }) => state)).toEqual(['acting', 'compensating']);
  });
});

async function waitingForLock(): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'sagas'::regclass`;
  while ((await shard.database.pool.query(waiting)).rowCount === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
