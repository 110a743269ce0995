import { randomUUID } from 'node:crypto';
import { slotOf } from '@ringshop/placement';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { Shop } from './shop.ts';

/** One part is away for as long as it likes; the rest goes on, and afterwards everything ends. */
describe('with one part cut off', () => {
  let shop: Shop;
  let customer: Customer;

  beforeAll(async () => {
    const quick = { KAFKA_SESSION_TIMEOUT_MS: '1500' };
    shop = await Shop.open({
      env: { order: { ...quick, STEP_DEADLINE_MS: '2500' }, inventory: quick, payment: quick },
    });
    customer = await shop.customer();
  });
  afterAll(() => shop?.close());

  const soldOut = [{ sku: 'SKU-0910', quantity: 1 }];
  const cancel = (orderId: string) =>
    customer.call('POST', `/v1/orders/${orderId}/cancel`, { headers: { 'idempotency-key': randomUUID() } });
  const timelineHas = (orderId: string, text: string) =>
    eventually(async () => JSON.stringify((await customer.get(`/v1/orders/${orderId}/timeline`)).body).includes(text), {
      what: `"${text}" in the timeline`,
    });
  const ended = (orderId: string) =>
    eventually(
      async () => {
        const { body } = await customer.get(`/v1/orders/${orderId}`);
        return !['pending', 'cancelling'].includes(body.status) && body;
      },
      { within: 60_000, what: 'the order to end' },
    );

  async function without(part: string, meanwhile: () => Promise<void>): Promise<void> {
    await shop.system.stopPart(part, { kill: true });
    await meanwhile();
    await shop.system.startPart(part);
    const healed = performance.now();
    await shop.adds();
    expect(performance.now() - healed).toBeLessThan(60_000);
  }

  it('payment: refusals of stock are told, and what waits for money is undone afterwards', async () => {
    let waiting: Answer;
    await without('payment-1', async () => {
      expect((await customer.place({ lines: soldOut })).body).toMatchObject({ reason: 'out-of-stock' });
      waiting = await customer.place({ wait: 0 });
      await timelineHas(waiting.body.orderId, 'void-payment');
    });
    expect(await ended(waiting!.body.orderId)).toMatchObject({ status: 'rejected', reason: 'timed-out' });
  });

  it('inventory: orders are accepted, and money of a cancelled one is paid back before its stock can return', async () => {
    const { body: confirmed } = await customer.place();
    await timelineHas(confirmed.orderId, 'payment-captured');
    await without('inventory-1', async () => {
      expect((await customer.place({ wait: 0 })).status).toBe(202);
      expect((await cancel(confirmed.orderId)).body).toMatchObject({ status: 'cancelling' });
      await timelineHas(confirmed.orderId, 'paid back');
    });
    expect(await ended(confirmed.orderId)).toMatchObject({ status: 'cancelled', reason: 'customer' });
  });

  it('the payment provider: unknown is not failed, and everybody who is cancelled in the meantime is', async () => {
    let unknown: Answer;
    let cancelled: Answer;
    await without('simulators', async () => {
      [unknown, cancelled] = await Promise.all([customer.place({ wait: 0 }), customer.place({ wait: 0 })]);
      expect((await cancel(cancelled.body.orderId)).status).toBe(202);
      await timelineHas(unknown.body.orderId, 'void-payment');
    });
    expect(await ended(unknown!.body.orderId)).toMatchObject({ status: 'rejected', reason: 'timed-out' });
    expect(await ended(cancelled!.body.orderId)).toMatchObject({ status: 'cancelled', reason: 'customer' });
  });

  it('one order shard: its customers are told to come back, and the others notice nothing', async () => {
    const [first, second] = await Promise.all([customerOf('order-1'), customerOf('order-2')]);
    await without('order-2', async () => {
      expect((await first.place()).body).toMatchObject({ status: 'confirmed' });
      const refused = await second.place();
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject({ code: 'shard-unavailable' });
      expect(refused.headers.get('retry-after')).not.toBeNull();
    });
    expect((await second.place()).body).toMatchObject({ status: 'confirmed' });
  });

  async function customerOf(shard: string): Promise<Customer> {
    const { slots } = (await (await fetch(`${shop.urlOf(shard)}/placement`)).json()) as { slots: string[] };
    for (;;) {
      const id = randomUUID();
      if (slots[slotOf(id)] === shard) return shop.customer(id);
    }
  }
});
