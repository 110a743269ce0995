import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import { aCustomer, cancel, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica({ OUTBOX_LIMIT: '5', STEP_DEADLINE_MS: '1', DEADLINE_SWEEP_MS: '1' });
  await eventually(() => replica.shard.relay.stalled, { what: 'the relay to find out' });
});
afterAll(() => shard.stop());

// No Kafka listens in this spec, so every message waits.
it('promises up to its bound while Kafka is away, and nothing beyond it', async () => {
  const customer = aCustomer();
  const placed: Order[] = [];
  for (let n = 0; n < 5; n += 1) {
    const response = await place(replica, { customer });
    expect(response.status).toBe(202);
    placed.push((await response.json()) as Order);
  }
  const refusals = [await place(replica, { customer }), await cancel(replica, placed[0]!.orderId, customer)];
  for (const refusal of refusals) {
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refusal.json()).toMatchObject({ code: 'overloaded' });
  }
  const { rows } = await shard.database.pool.query(
    'SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM idempotency_keys) AS keys',
  );
  expect(rows).toEqual([{ orders: 5, keys: 5 }]);
});

it('does not take it for silence that nobody answers what nobody has heard', async () => {
  const log = async () => (await shard.database.pool.query<{ log: string }>('SELECT log::text FROM sagas')).rows;
  const before = await log();
  // Long past its deadline of one millisecond, with a sweep each millisecond: what fires, fires within a few of them.
  for (let looks = 0; looks < 20; looks += 1) {
    await shard.database.pool.query('SELECT pg_sleep(0.01)');
    expect(await log()).toEqual(before);
  }
  expect(await replica.shard.sagas.sweepDeadlines()).toBe(5);
});
