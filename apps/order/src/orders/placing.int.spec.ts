import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
} from '../shard.fixture.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
});
afterAll(() => shard.stop());

describe('placing an order', () => {
  it('answers 202 with the order and its location, and nothing that is secret', async () => {
    const customer = aCustomer();
    const response = await place(replica, { customer });
    const order = await response.json();
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
    const read = await get(replica, `/orders/${order.orderId}`, customer);
    expect(await read.json()).toEqual(order);
  });
});
