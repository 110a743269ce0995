import { createLogger } from '@ringshop/service-defaults';
import { eventually, faultProxy } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
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
  total,
} from '../shard.kit.ts';
import { OrderWatch } from './order-watch.ts';
import { StatusListener } from './status-listener.ts';
import { untilTerminal } from './wait.ts';

let shard: TestShard;
let one: Replica;
let two: Replica;

beforeAll(async () => {
  shard = await testShard();
  [one, two] = await Promise.all([shard.replica(), shard.replica()]);
  await eventually(() => [one, two].every(({ shard: { listener } }) => !listener.ready()));
});
afterAll(() => shard.stop());

const hear = (replica: Replica, orderId: string, ...names: string[]) =>
  replica.shard.sagas.handleReplies(names.map((name) => incoming(orderId, name)));
const decline = async (replica: Replica, orderId: string) => {
  await replica.shard.sagas.handleReplies([incoming(orderId, 'out-of-stock', { skus: ['SKU-0001'] })]);
};
const orderOf = async (response: Response) => (await response.json()) as Order;
/** The one order of a customer who waits, as soon as it is there. */
const orderIdOf = (customer: string) =>
  eventually(async () => {
    const { rows } = await shard.database.pool.query('SELECT order_id FROM orders WHERE customer_id = $1', [customer]);
    return rows[0]?.order_id as string | undefined;
  });
const wait = (seconds: number) => ({ prefer: `respond-async, wait=${seconds}` });

describe('Prefer: wait', () => {
  it('answers 201 as soon as a reply that another replica handled made the order terminal', async () => {
    const customer = aCustomer();
    const started = performance.now();
    const answer = place(one, { customer, headers: wait(10) });
    await hear(two, await orderIdOf(customer), 'stock-reserved', 'payment-authorised');
    const response = await answer;
    expect(response.status).toBe(201);
    const { lines } = goodReplies['stock-reserved'] as { lines: unknown };
    expect(await response.json()).toMatchObject({ status: 'confirmed', version: 2, lines, total });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('answers 202 with the order as it is when the wait is over', async () => {
    const started = performance.now();
    const response = await place(one, { headers: wait(1) });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ status: 'pending' });
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('waits for the order that a repeated key means', async () => {
    const [customer, key] = [aCustomer(), 'key'];
    const { orderId } = await orderOf(await place(one, { customer, key }));
    const started = performance.now();
    const again = place(two, { customer, key, headers: wait(10) });
    await eventually(() => two.shard.watch.watching === 1);
    await decline(one, orderId);
    expect((await again).status).toBe(201);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await (await again).json()).toMatchObject({ orderId, status: 'rejected', reason: 'out-of-stock' });
  });

  it('holds so many answers for each customer, and gives those beyond at once: one key again and again takes no places', async () => {
    const few = await shard.replica({ WAITS_PER_CUSTOMER: '1' });
    await eventually(() => !few.shard.listener.ready());
    const [customer, key] = [aCustomer(), 'again'];
    const held = place(few, { customer, key, headers: wait(10) });
    const orderId = await orderIdOf(customer);
    const asked = performance.now();
    const again = await place(few, { customer, key, headers: wait(10) });
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect([again.status, (await orderOf(again)).orderId]).toEqual([202, orderId]);
    await place(few, { headers: wait(1) });
    expect(performance.now() - asked, 'somebody else').toBeGreaterThan(950);
    await hear(few, orderId, 'stock-reserved', 'payment-authorised');
    expect((await held).status).toBe(201);
    await place(few, { customer, headers: wait(1) });
    expect(performance.now() - asked, 'when one has ended').toBeGreaterThan(1_900);
    expect(await few.stop()).toBe(true);
  });

  it('does not miss a change that commits before the order has been read', async () => {
    const { orderId } = await orderOf(await place(one));
    const stale = await one.shard.orders.place(aCustomer(), 'k', aBody(), 0);
    const order = await untilTerminal(one.shard.watch, orderId, 5_000, async () => {
      await decline(two, orderId);
      await eventually(() => one.shard.watch.watching === 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { ...stale, orderId };
    });
    expect(order.status).toBe('rejected');
  });

  it('re-reads what it waits for after it was cut off from the database', async () => {
    const proxy = await faultProxy(shard.database.url);
    const cutOff = await shard.replica({ DATABASE_URL: proxy.through(shard.database.url) });
    try {
      const customer = aCustomer();
      const answer = place(cutOff, { customer, headers: wait(10) });
      const orderId = await orderIdOf(customer);
      await eventually(() => cutOff.shard.watch.watching === 1 && !cutOff.shard.listener.ready());
      await proxy.refuse();
      await eventually(() => cutOff.shard.listener.ready());
      await decline(two, orderId);
      await proxy.pass();
      const response = await answer;
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ status: 'rejected' });
      expect(cutOff.shard.listener.ready()).toBeUndefined();
    } finally {
      await proxy.pass();
      await cutOff.stop();
      await proxy.close();
    }
  });

  it('finds a listening connection that died without a word', async () => {
    const proxy = await faultProxy(shard.database.url);
    const watch = new OrderWatch((orderIds) => one.shard.reader.many(orderIds));
    const patience = { probeEveryMs: 50, answerWithinMs: 1_500 };
    const listener = new StatusListener(
      proxy.through(shard.database.url),
      watch,
      createLogger('test', 'silent'),
      undefined,
      patience,
    );
    try {
      const customer = aCustomer();
      const { orderId } = await orderOf(await place(one, { customer }));
      listener.start();
      await eventually(() => !listener.ready());
      proxy.dropReplies();
      const order = untilTerminal(watch, orderId, 10_000, () => one.shard.orders.one(customer, orderId));
      await decline(two, orderId);
      await eventually(() => listener.ready());
      await proxy.pass();
      expect(await order).toMatchObject({ status: 'rejected' });
    } finally {
      await proxy.pass();
      await listener.stop();
      await proxy.close();
    }
  });

  it('wakes 500 who wait by one notice of one batch', async () => {
    const orders = Array.from({ length: 500 }, (_, n) => one.shard.orders.place(aCustomer(), `${n}`, aBody(), 10_000));
    const orderIds = await eventually(async () => {
      const { rows } = await shard.database.pool.query<{ saga_id: string }>(
        `SELECT saga_id FROM sagas WHERE NOT done AND step = 'reserve stock'`,
      );
      return rows.length >= 500 ? rows.map(({ saga_id }) => saga_id) : undefined;
    });
    const replies = orderIds.map((orderId) => incoming(orderId, 'out-of-stock', { skus: ['SKU-0001'] }));
    await two.shard.sagas.handleReplies(replies);
    const answers = await Promise.all(orders);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(one.shard.watch.watching).toBe(0);
  });
});

describe('the event stream of an order', () => {
  it('tells the order now and after each change of its status, and ends when it is terminal', async () => {
    const customer = aCustomer();
    const { orderId } = await orderOf(await place(one, { customer }));
    const response = await get(one, `/orders/${orderId}/events`, customer);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await eventually(() => one.shard.watch.watching === 1);
    await hear(two, orderId, 'stock-reserved');
    await hear(two, orderId, 'payment-authorised');
    const events = eventsOf(await response.text());
    expect(events.map(({ id, order }) => [id, order.version, order.status])).toEqual([
      ['1', 1, 'pending'],
      ['2', 2, 'confirmed'],
    ]);
    expect(one.shard.watch.watching).toBe(0);
  });

  it('goes on after Last-Event-ID, and answers 204 when nothing will follow', async () => {
    const customer = aCustomer();
    const { orderId } = await orderOf(await place(one, { customer }));
    const path = `/orders/${orderId}/events`;
    const goesOn = await get(one, path, customer, { 'last-event-id': '1' });
    await decline(one, orderId);
    expect(eventsOf(await goesOn.text()).map(({ id }) => id)).toEqual(['2']);
    const missed = await get(one, path, customer, { 'last-event-id': '1' });
    expect(eventsOf(await missed.text()).map(({ id }) => id)).toEqual(['2']);
    expect((await get(one, path, customer, { 'last-event-id': '2' })).status).toBe(204);
  });

  it('is one of so many for each customer, and makes room for the next when it ends', async () => {
    const few = await shard.replica({ EVENT_STREAMS_PER_CUSTOMER: '2' });
    await eventually(() => !few.shard.listener.ready());
    const [customer, other] = [aCustomer(), aCustomer()];
    const placed = await Promise.all(
      [1, 2, 3].map(async () => (await orderOf(await place(few, { customer }))).orderId),
    );
    const follow = (orderId: string, who = customer) => get(few, `/orders/${orderId}/events`, who);
    const [first, second] = [await follow(placed[0]!), await follow(placed[1]!)];
    const refused = await follow(placed[2]!);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited' });
    const others = await orderOf(await place(few, { customer: other }));
    const another = await follow(others.orderId, other);
    expect(another.status, 'somebody else').toBe(200);
    await another.body?.cancel();
    expect((await follow(others.orderId)).status, 'what is not theirs takes no place').toBe(429);
    await decline(two, placed[0]!);
    await first.text();
    expect((await follow(others.orderId)).status).toBe(404);
    const third = await follow(placed[2]!);
    expect(third.status, 'when one has ended').toBe(200);
    await second.body?.cancel();
    await eventually(async () => {
      const fourth = await follow(placed[1]!);
      await fourth.body?.cancel();
      return fourth.status === 200;
    });
    await third.body?.cancel();
    expect(await few.stop()).toBe(true);
  });

  it('forgets a client that went away', async () => {
    const customer = aCustomer();
    const { orderId } = await orderOf(await place(one, { customer }));
    const response = await get(one, `/orders/${orderId}/events`, customer);
    await eventually(() => one.shard.watch.watching === 1);
    await response.body?.cancel();
    await eventually(() => one.shard.watch.watching === 0);
  });
});

describe('a replica that stops', () => {
  it('answers whom it holds, and ends in order', async () => {
    const [stopping, customer] = [await shard.replica(), aCustomer()];
    const { orderId } = await orderOf(await place(stopping, { customer }));
    const stream = await get(stopping, `/orders/${orderId}/events`, customer);
    const waiting = place(stopping, { headers: wait(10) });
    await eventually(() => stopping.shard.watch.watching === 2);
    const started = performance.now();
    expect(await stopping.stop()).toBe(true);
    expect((await waiting).status).toBe(202);
    expect(eventsOf(await stream.text())).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

function eventsOf(text: string): { id: string; order: Order }[] {
  const events = text.split('\n\n').filter((event) => event.startsWith('id: '));
  return events.map((event) => {
    const [id, data] = event.split('\n') as [string, string];
    return { id: id.slice('id: '.length), order: JSON.parse(data.slice('data: '.length)) };
  });
}
