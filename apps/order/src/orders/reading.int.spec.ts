import { setTimeout as after } from 'node:timers/promises';
import type { PlacementMap } from '@ringshop/placement';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aBody,
  aCustomer,
  get,
  goodReplies,
  incoming,
  place,
  type Replica,
  type TestShard,
  testShard,
} from '../shard.kit.ts';
import { changeStatuses } from './change-status.ts';
import type { Order } from './order.ts';
import type { TimelineEntry } from './order-timeline.ts';
import type { Page } from './read-orders.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
});
afterAll(() => shard.stop());

const placed = async (customer: string, body: unknown = aBody()) =>
  (await (await place(replica, { customer, body })).json()) as Order;
const page = async (customer: string, query = '') =>
  (await (await get(replica, `/orders${query}`, customer)).json()) as Page;

describe('the list of orders', () => {
  it('pages newest first, each order once, while new ones are placed', async () => {
    const customer = aCustomer();
    const orders: Order[] = [];
    for (let n = 0; n < 5; n += 1) {
      orders.unshift(await placed(customer));
      await after(2);
    }
    const seen: Order[] = [];
    for (let query: string | undefined = '?limit=2'; query; ) {
      const { items, nextCursor }: Page = await page(customer, query);
      seen.push(...items);
      query = nextCursor && `?limit=2&cursor=${nextCursor}`;
      await placed(customer);
    }
    expect(seen).toEqual(orders);
  });

  it('has 20 by default, and no cursor after the last', async () => {
    const customer = aCustomer();
    for (let n = 0; n < 21; n += 1) await replica.shard.orders.place(customer, `${n}`, aBody(), 0);
    const first = await page(customer);
    expect(first.items).toHaveLength(20);
    const last = await page(customer, `?cursor=${first.nextCursor}`);
    expect(last.items).toHaveLength(1);
    expect(last).not.toHaveProperty('nextCursor');
  });

  it.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=101'],
    ['limit', 'limit=abc'],
    ['limit', 'limit=1.5'],
    ['cursor', 'cursor='],
    ['cursor', 'cursor=AAAAAAAAAAAAAAAAAAAAAA'],
    ['cursor', `cursor=${encodeURIComponent("' OR 1=1 --")}`],
  ])('refuses a bad %s: %s', async (field, query) => {
    const response = await get(replica, `/orders?${query}`, aCustomer());
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'validation-failed', errors: [{ field }] });
  });
});

describe("another customer's order", () => {
  it('does not exist on any route, and is in no list', async () => {
    const [owner, stranger] = [aCustomer(), aCustomer()];
    const { orderId } = await placed(owner);
    for (const path of ['', '/timeline', '/events']) {
      const response = await get(replica, `/orders/${orderId}${path}`, stranger);
      expect(response.status, path).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'not-found' });
    }
    expect(await page(stranger)).toEqual({ items: [] });
    expect(replica.shard.watch.watching).toBe(0);
  });

  it.each(['nonsense', '00000000-0000-4000-8000-000000000000', "'; DROP TABLE orders"])('nor does "%s"', async (id) => {
    expect((await get(replica, `/orders/${encodeURIComponent(id)}`, aCustomer())).status).toBe(404);
  });

  it('is not reached without a customer', async () => {
    for (const headers of [{}, { 'x-customer-id': aCustomer() }]) {
      expect((await fetch(`${replica.url}/orders`, { headers: headers as Record<string, string> })).status).toBe(401);
    }
  });
});

describe('an order that is read', () => {
  it('shows prices as integers once they are known, while it is pending', async () => {
    const customer = aCustomer();
    const { orderId, version } = await placed(customer);
    await replica.shard.sagas.handleReplies([incoming(orderId, 'stock-reserved')]);
    const order = (await (await get(replica, `/orders/${orderId}`, customer)).json()) as Order;
    const { lines, total } = goodReplies['stock-reserved'] as Order;
    expect(order).toMatchObject({ status: 'pending', version, lines, total });
    expect(Number.isInteger(order.total?.amount)).toBe(true);
  });

  it('tells its story, without a secret', async () => {
    const customer = aCustomer();
    const { orderId } = await placed(customer);
    await replica.shard.sagas.handleReplies([incoming(orderId, 'stock-reserved')]);
    const response = await get(replica, `/orders/${orderId}/timeline`, customer);
    const timeline = (await response.json()) as TimelineEntry[];
    expect(timeline[0]).toMatchObject({ what: 'placed', detail: '2 × SKU-0001' });
    expect(timeline.length).toBeGreaterThan(2);
    for (const entry of timeline) {
      expect(entry).toEqual({ at: expect.stringMatching(/Z$/), what: expect.any(String), detail: expect.any(String) });
    }
    expect(JSON.stringify(timeline)).not.toMatch(/canary/i);
  });

  it('publishes each change of its status with a version, without gaps', async () => {
    const customer = aCustomer();
    const { orderId } = await placed(customer);
    for (const name of [
      'stock-reserved',
      'payment-authorised',
      'reservation-gone',
      'payment-voided',
      'stock-released',
    ]) {
      await replica.shard.sagas.handleReplies([incoming(orderId, name)]);
    }
    const { rows } = await shard.database.pool.query(`SELECT messages::text AS text FROM outbox ORDER BY id`);
    const events = rows.flatMap(({ text }) =>
      [...text.matchAll(/"version\W+(\d+)/g)].filter(() => text.includes(orderId)),
    );
    const order = (await (await get(replica, `/orders/${orderId}`, customer)).json()) as Order;
    expect(order).toMatchObject({ status: 'cancelled', reason: 'stock-lost', version: 3 });
    expect(events.map((match) => Number(match[1]))).toEqual([2, 3]);
  });
});

describe('the status of an order', () => {
  it('takes no move that its machine does not have, and a batch with one writes nothing', async () => {
    const [good, bad] = await Promise.all([placed(aCustomer()), placed(aCustomer())]);
    const changing = replica.shard.outbox.transaction((tx) =>
      changeStatuses(
        tx,
        [
          { orderId: good.orderId, status: 'confirmed' },
          { orderId: bad.orderId, status: 'cancelling', reason: 'customer' },
        ],
        '/test',
      ),
    );
    await expect(changing).rejects.toThrow('cannot change like that');
    const { rows } = await shard.database.pool.query(
      'SELECT DISTINCT status, version FROM orders WHERE order_id = ANY($1)',
      [[good.orderId, bad.orderId]],
    );
    expect(rows).toEqual([{ status: 'pending', version: 1 }]);
  });
});

describe('the map', () => {
  it('is served whole', async () => {
    const map = (await (await get(replica, '/placement', aCustomer())).json()) as PlacementMap;
    expect(map).toMatchObject({ epoch: 1, members: ['order-1'] });
    expect(map.slots).toHaveLength(4096);
  });
});
