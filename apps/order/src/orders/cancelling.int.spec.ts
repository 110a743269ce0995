import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aCustomer,
  cancel,
  get,
  incoming,
  moveAway,
  place,
  published,
  type Replica,
  type TestShard,
  testShard,
  total,
} from '../shard.kit.ts';
import type { Order } from './order.ts';
import type { TimelineEntry } from './order-timeline.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
});
afterAll(() => shard.stop());

const customer = aCustomer();
const placed = async () => ((await (await place(replica, { customer })).json()) as Order).orderId;
const answered = (orderId: string, ...names: string[]) =>
  replica.shard.sagas.handleReplies(names.map((name) => incoming(orderId, name)));
const asked = async () => {
  const orderId = await placed();
  await answered(orderId, 'stock-reserved');
  return orderId;
};
const confirmed = async () => {
  const orderId = await asked();
  await answered(orderId, 'payment-authorised');
  return orderId;
};
const rejected = async () => {
  const orderId = await placed();
  await replica.shard.sagas.handleReplies([incoming(orderId, 'out-of-stock', { skus: ['SKU-0001'] })]);
  return orderId;
};
const order = async (orderId: string) => (await (await get(replica, `/orders/${orderId}`, customer)).json()) as Order;
const cancelled = async (orderId: string, key?: string) => {
  const response = await cancel(replica, orderId, customer, key);
  return { status: response.status, order: (await response.json()) as Order & { code: string } };
};
const closed = { reason: 'closed' };

describe('cancelling a pending order', () => {
  it('is accepted at once, and the order is cancelled when everything is undone', async () => {
    const orderId = await asked();
    expect(await cancelled(orderId)).toMatchObject({ status: 202, order: { orderId, status: 'pending', version: 1 } });
    expect((await published(shard, orderId)).at(-1)).toBe('void-payment');
    await answered(orderId, 'payment-voided', 'stock-released');
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer', version: 2 });
  });

  it('wins over a refusal that is being undone', async () => {
    const orderId = await asked();
    await replica.shard.sagas.handleReplies([incoming(orderId, 'payment-declined', { reason: 'card' })]);
    expect((await cancelled(orderId)).status).toBe(202);
    await answered(orderId, 'stock-released');
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer' });
  });
});

describe('cancelling a confirmed order', () => {
  it('pays back, returns the stock, and is told as cancelling until then', async () => {
    const orderId = await confirmed();
    await answered(orderId, 'stock-committed', 'payment-captured');
    const { status, order: at } = await cancelled(orderId);
    expect(status).toBe(202);
    expect(at).toMatchObject({ status: 'cancelling', reason: 'customer', version: 3, total });
    await replica.shard.sagas.handleReplies([incoming(orderId, 'payment-closed', { refunded: total })]);
    expect(await order(orderId)).toMatchObject({ status: 'cancelling' });
    await answered(orderId, 'stock-returned');
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer', version: 4 });
    expect((await published(shard, orderId)).slice(-4)).toEqual([
      'close-payment',
      'order-status-changed',
      'return-stock',
      'order-status-changed',
    ]);
  });

  it('ends the tail that still takes goods and money, which is told that there is nothing left', async () => {
    const orderId = await confirmed();
    expect((await cancelled(orderId)).order.status).toBe('cancelling');
    await replica.shard.sagas.handleReplies([
      incoming(orderId, 'payment-closed', {}),
      incoming(orderId, 'commit-refused', closed),
      incoming(orderId, 'stock-returned'),
      incoming(orderId, 'capture-refused', closed),
    ]);
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', version: 4 });
    const { rows } = await shard.database.pool.query(
      'SELECT name, state FROM sagas WHERE saga_id = $1 AND done ORDER BY name',
      [orderId],
    );
    expect(rows).toEqual([
      { name: 'cancel-order', state: 'completed' },
      { name: 'place-order', state: 'completed' },
    ]);
  });

  it('whose stock is lost at the same moment is cancelled once', async () => {
    for (const last of ['stock-released', 'stock-returned']) {
      const orderId = await confirmed();
      await cancelled(orderId);
      const rest = ['reservation-gone', 'payment-voided', 'stock-released', 'payment-closed', 'stock-returned'];
      await answered(orderId, ...rest.filter((name) => name !== last));
      expect(await order(orderId)).toMatchObject({ status: 'cancelled', version: 4 });
      await answered(orderId, last);
      expect(await order(orderId)).toMatchObject({ status: 'cancelled', version: 4 });
    }
  });

  it('that is being undone already begins no second process', async () => {
    const orderId = await confirmed();
    await answered(orderId, 'reservation-gone');
    expect((await cancelled(orderId)).order).toMatchObject({ status: 'cancelling' });
    await answered(orderId, 'payment-voided', 'stock-released');
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', reason: 'stock-lost', version: 4 });
    expect(await published(shard, orderId)).not.toContain('close-payment');
  });

  it('is told in the timeline, after what happened before', async () => {
    const orderId = await confirmed();
    await cancelled(orderId);
    const timeline = (await (await get(replica, `/orders/${orderId}/timeline`, customer)).json()) as TimelineEntry[];
    expect(timeline.slice(-2)).toMatchObject([{ what: 'cancel asked' }, { what: 'sent', detail: 'close-payment' }]);
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted());
  });
});

describe('asking again', () => {
  it.each(['pending', 'confirmed'])('changes nothing for a %s order, under the same key or another', async (was) => {
    const orderId = await (was === 'pending' ? asked() : confirmed());
    const key = randomUUID();
    const first = await cancelled(orderId, key);
    const sent = await published(shard, orderId);
    expect(await cancelled(orderId, key)).toEqual(first);
    expect(await cancelled(orderId)).toEqual(first);
    expect(await Promise.all(Array.from({ length: 20 }, () => cancelled(orderId)))).toEqual(Array(20).fill(first));
    expect(await published(shard, orderId)).toEqual(sent);
    await answered(orderId, 'payment-voided', 'stock-released', 'payment-closed', 'stock-returned');
    expect(await cancelled(orderId, key)).toMatchObject({ status: 202, order: { status: 'cancelled' } });
  });

  it('under a key that stood for something else is refused', async () => {
    const [one, other, key] = [await placed(), await placed(), randomUUID()];
    await place(replica, { customer, key });
    expect(await cancelled(one, key)).toMatchObject({ status: 422, order: { code: 'idempotency-key-reused' } });
    const again = randomUUID();
    expect((await cancelled(one, again)).status).toBe(202);
    expect((await cancelled(other, again)).status).toBe(422);
    expect((await published(shard, other)).length).toBe(1);
  });
});

describe('is refused', () => {
  it('for a rejected order', async () => {
    expect(await cancelled(await rejected())).toMatchObject({ status: 409, order: { code: 'not-cancellable' } });
  });

  it('by its key as long as that is known, whatever the order is by then; the key stands for nothing else (60)', async () => {
    const [orderId, other, key] = [await rejected(), await placed(), randomUUID()];
    const first = await cancelled(orderId, key);
    expect(first).toMatchObject({ status: 409, order: { code: 'not-cancellable' } });
    await shard.database.pool.query(`UPDATE orders SET status = 'confirmed' WHERE order_id = $1`, [orderId]);
    const second = await shard.replica();
    const again = await cancel(second, orderId, customer, key);
    expect([again.status, await again.json()]).toEqual([409, first.order]);
    expect(await cancelled(other, key)).toMatchObject({ status: 422, order: { code: 'idempotency-key-reused' } });
    expect((await place(replica, { customer, key })).status).toBe(422);
    expect((await cancelled(orderId)).status).toBe(202);
  });

  it('together with its neighbours of one batch, each by its own order', async () => {
    const [refused, fine] = [await rejected(), await placed()];
    const keys = [randomUUID(), randomUUID()];
    const asked = [refused, fine, refused, fine].map((orderId, n) => cancelled(orderId, keys[n % 2]));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([409, 202, 409, 202]);
  });

  it('for an order of somebody else, or of nobody, as if there were none', async () => {
    const orderId = await placed();
    for (const [id, who] of [[orderId, aCustomer()] as const, [orderId.replace(/.$/, '0'), aCustomer()] as const]) {
      expect((await cancel(replica, id, who)).status).toBe(404);
    }
    expect((await cancel(replica, 'no-id', customer)).status).toBe(404);
    expect(await published(shard, orderId)).toEqual(['reserve-stock']);
  });

  it('without a key, or with one that is none', async () => {
    const orderId = await placed();
    expect((await cancel(replica, orderId, customer, 'ä')).status).toBe(400);
    expect((await cancel(replica, orderId, customer, '')).status).toBe(400);
  });

  it('where the order does not live any more', async () => {
    const moved = aCustomer();
    const { orderId } = (await (await place(replica, { customer: moved })).json()) as Order;
    await moveAway(shard, moved);
    expect((await cancel(replica, orderId, moved)).status).toBe(421);
  });
});

it('of confirming and cancelling one order exactly one comes first, at whichever replica', async () => {
  const other = await shard.replica();
  const orderIds = await Promise.all(Array.from({ length: 100 }, asked));
  const authorised = orderIds.map((orderId) => incoming(orderId, 'payment-authorised'));
  const batches = Array.from({ length: 10 }, (_, n) => authorised.slice(n * 10, n * 10 + 10));
  const [answers] = await Promise.all([
    Promise.all(orderIds.map((orderId) => cancel(other, orderId, customer))),
    ...batches.map((batch) => replica.shard.sagas.handleReplies(batch)),
  ]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  for (const orderId of orderIds) {
    const { status } = await order(orderId);
    const sent = await published(shard, orderId);
    if (status === 'pending') {
      expect(sent).toContain('void-payment');
      expect(sent).not.toContain('commit-stock');
    } else {
      expect(status).toBe('cancelling');
      expect(sent).toEqual(expect.arrayContaining(['commit-stock', 'close-payment']));
    }
  }
});
