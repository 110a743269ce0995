import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import { readOrders } from '../orders/orders.table.ts';
import { aCustomer, get, incoming, place, published, type Replica, type TestShard, testShard } from '../shard.kit.ts';

const customer = aCustomer();
let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
});
afterAll(() => shard.stop());

const isBlocked = async () => {
  const blocked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return (await shard.database.pool.query(blocked)).rowCount === 1;
};

it('a payment that is authorised while its order is being cancelled waits for that, and confirms nothing', async () => {
  const { outbox, sagas } = replica.shard;
  const { orderId } = (await (await place(replica, { customer })).json()) as Order;
  await sagas.handleReplies([incoming(orderId, 'stock-reserved')]);
  let over = false;
  let authorised: Promise<void> | undefined;
  await outbox.transaction((tx) =>
    sagas.cancel(tx, [orderId], async () => {
      const orders = await readOrders(tx, [orderId]);
      authorised = sagas.handleReplies([incoming(orderId, 'payment-authorised')]).finally(() => {
        over = true;
      });
      await eventually(async () => over || (await isBlocked()), { what: 'the reply to be handled, or to wait' });
      return orders;
    }),
  );
  await authorised;
  expect(await published(shard, orderId)).toEqual(['reserve-stock', 'authorise-payment', 'void-payment']);
  await sagas.handleReplies([incoming(orderId, 'payment-voided'), incoming(orderId, 'stock-released')]);
  const order = await (await get(replica, `/orders/${orderId}`, customer)).json();
  expect(order).toMatchObject({ status: 'cancelled', reason: 'customer', version: 2 });
});
