import { randomUUID } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import {
  aCustomer,
  as,
  cancel,
  get,
  incoming,
  place,
  published,
  type Replica,
  type TestShard,
  testShard,
} from '../shard.kit.ts';

const customer = aCustomer();
let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica({
    // Only what undoes the order is impatient: the sweep that runs when a replica starts must not give it up.
    RESERVE_DEADLINE_MS: '60000',
    AUTHORISE_DEADLINE_MS: '60000',
    STEP_DEADLINE_MS: '1',
    RETRY_MIN_MS: '1',
    RETRY_MAX_MS: '1',
    RETRY_PARKED_MS: '1',
    PARK_AFTER_MS: '100',
    PARKED_COUNT_MS: '20',
  });
});
afterAll(() => shard.stop());

const parkedCount = async () => {
  const metrics = await (await fetch(`${replica.url}/metrics`)).text();
  return Number(/^ringshop_sagas_parked (\d+)/m.exec(metrics)?.[1]);
};
const asked = async (orderId: string) =>
  (await published(shard, orderId)).filter((name) => name === 'void-payment').length;
const order = async (orderId: string) => (await (await get(replica, `/orders/${orderId}`, customer)).json()) as Order;

it('acceptance 11: a void that fails fifty times parks its cancelled order in sight, and ends it when it works', async () => {
  const { orderId } = (await (await place(replica, { customer })).json()) as Order;
  await replica.shard.sagas.handleReplies([incoming(orderId, 'stock-reserved')]);
  expect((await cancel(replica, orderId, customer)).status).toBe(202);
  await eventually(
    async () => {
      await replica.shard.sagas.sweepDeadlines();
      return (await asked(orderId)) > 50;
    },
    { within: 30_000, what: 'fifty voids in vain' },
  );
  await eventually(async () => (await parkedCount()) === 1, { what: 'the metric' });
  expect(await order(orderId)).toMatchObject({ status: 'pending' });
  const resume = { method: 'POST', headers: as(randomUUID(), 'operator') };
  const resumed = await fetch(`${replica.url}/sagas/${orderId}/resume`, resume);
  expect(await resumed.json()).toMatchObject({ orderId, resumed: ['place-order'] });
  await eventually(async () => (await parkedCount()) === 0, { what: 'the metric' });
  await replica.shard.sagas.handleReplies([incoming(orderId, 'payment-voided'), incoming(orderId, 'stock-released')]);
  expect(await order(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer' });
});
