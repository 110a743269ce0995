import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { counted, eventually } from '@ringshop/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { Shop } from './shop.ts';
import { Shoppers } from './shoppers.ts';

const sku = 'SKU-0900';
const units = 100;
const buyers = 600;
/** How many of them pay so slowly that their order times out and gives its unit back. */
const slow = 5;
const awayMs = process.env.RINGSHOP_TEST_SIZE === 'full' ? 20_000 : 5_000;
/** Members that leave and come back, one after the other: for ten minutes in the full run. */
const changes = process.env.RINGSHOP_TEST_SIZE === 'full' ? 120 : 4;
/** The wait that a shopper asks for, and what a gateway grants a shard to begin its answer. */
const deadlineMs = 1_000 + 5_000;

describe('two replicas of inventory', () => {
  let shop: Shop;
  let redis: Redis;

  beforeAll(async () => {
    // `tok_slow` takes 5 s: longer than a step may.
    const env = { order: { STEP_DEADLINE_MS: '4000' }, inventory: { KAFKA_SESSION_TIMEOUT_MS: '3000' } };
    shop = await Shop.open({ replicas: 2, env });
    redis = new Redis(shop.status.redis.url, { lazyConnect: true });
    // It is killed, and comes back.
    redis.on('error', () => undefined);
    await redis.connect();
  });
  afterAll(async () => {
    redis?.disconnect();
    await shop?.close();
  });

  /** Whoever is told to come back does, with the same order. */
  async function buy(customer: Customer, token?: string, wait = 10): Promise<Answer> {
    const order = { lines: [{ sku, quantity: 1 }], wait, key: randomUUID(), ...(token && { token }) };
    for (;;) {
      const answer = await customer.place(order);
      if (answer.status !== 503) return answer;
      await sleep(50);
    }
  }

  /** How an order ends. */
  async function endOf(customer: Customer, orderId: string): Promise<string> {
    const order = await eventually(
      async () => {
        const { body } = await customer.get(`/v1/orders/${orderId}`);
        return body.status === 'pending' ? undefined : body;
      },
      { within: 30_000, every: 100, what: 'the end of an order' },
    );
    return order.reason ?? order.status;
  }

  it(`${buyers} at once for ${units} units, with FLUSHALL in the middle: ${units} are sold, and the rest is told why not`, async () => {
    const crowd = await Promise.all(Array.from({ length: buyers }, () => shop.customer()));
    const placed = await Promise.all(crowd.slice(0, slow).map((customer) => buy(customer, 'tok_slow', 0)));
    expect(placed.map(({ status }) => status)).toEqual(Array(slow).fill(202));

    let answered = 0;
    const rest = crowd.slice(slow).map(async (customer) => {
      const answer = await buy(customer);
      answered++;
      return answer;
    });
    await eventually(() => answered > 0, { within: 30_000, every: 1 });
    const epoch = Number(await redis.get('inventory:{stock}:epoch'));
    await redis.flushall();
    expect(answered, 'in the middle').toBeLessThan(buyers - slow);

    placed.push(...(await Promise.all(rest)));
    const ends = await Promise.all(placed.map(({ body }, index) => endOf(crowd[index]!, body.orderId)));
    const counts = Object.groupBy(ends, (end) => end);
    const sold = counts.confirmed?.length ?? 0;
    expect(Object.keys(counts).every((end) => ['confirmed', 'out-of-stock', 'timed-out'].includes(end))).toBe(true);
    expect(counts['timed-out']?.length).toBeGreaterThan(0);
    expect(sold).toBeLessThanOrEqual(units);

    // What those who timed out gave back can be bought at once, and then there is none.
    const late = await shop.customer();
    for (let left = units - sold; left > 0; left--) expect((await buy(late)).body.status).toBe('confirmed');
    expect((await buy(late)).body).toMatchObject({ status: 'rejected', reason: 'out-of-stock' });
    expect(Number(await redis.get('inventory:{stock}:epoch'))).toBeGreaterThan(epoch);
    await shop.adds();
  });

  it(`Redis killed for ${awayMs / 1_000} s under load: nobody waits beyond the deadline, and orders are confirmed`, async () => {
    const shoppers = await Shoppers.enter(shop, 24, anyOrder);
    await eventually(() => shoppers.confirmed > 20, { within: 30_000 });
    const alone = await withoutLock();
    await shop.system.stopPart('redis', { kill: true });
    await sleep(awayMs);
    expect(await withoutLock()).toBeGreaterThan(alone);
    expect([await shop.stateOf('inventory-1'), await shop.stateOf('inventory-1.2')]).toEqual(['ready', 'ready']);

    await shop.system.startPart('redis');
    const back = performance.now();
    const before = shoppers.confirmed;
    await eventually(() => shoppers.confirmed > before + 20, { within: 10_000 });
    await eventually(
      async () => {
        const seen = [await withoutLock(), shoppers.confirmed] as const;
        await eventually(() => shoppers.confirmed > seen[1] + 20);
        return (await withoutLock()) === seen[0];
      },
      { within: 20_000, what: 'the lock to be used again' },
    );
    expect(performance.now() - back).toBeLessThan(20_000);
    await shoppers.leave();
    expect(shoppers.slowestMs).toBeLessThan(deadlineMs);
    await shop.adds();
  });

  it(
    'acceptance 37: leave and join under load, told to or killed: the other goes on, whoever joins has its share, and all adds up',
    async () => {
      const shoppers = await Shoppers.enter(shop, 24, anyOrder);
      for (let n = 0; n < changes; n += 2) {
        const kill = n % 4 === 0;
        for (const part of ['inventory-1', 'inventory-1.2']) {
          await shop.system.stopPart(part, { kill });
          const before = shoppers.confirmed;
          await eventually(() => shoppers.confirmed > before + 20, {
            within: 20_000,
            what: 'orders without one replica',
          });
          await shop.system.startPart(part);
          await eventually(async () => (await counted(shop.urlOf(part), 'ringshop_messages_handled_total')) > 20, {
            within: 20_000,
            what: `${part} to have its share`,
          });
        }
      }
      await shoppers.leave();
      await shop.adds();
    },
    300_000 + changes * 20_000,
  );

  /** Stock transactions so far that the database alone protected. */
  async function withoutLock(): Promise<number> {
    const parts = ['inventory-1', 'inventory-1.2'];
    const counts = await Promise.all(parts.map((part) => counted(shop.urlOf(part), 'inventory_database_only_total')));
    return counts.reduce((sum, one) => sum + one, 0);
  }
});

/** Few products for many: the lock has work to do. */
function anyOrder() {
  const number = 1 + Math.floor(Math.random() * 10);
  return { lines: [{ sku: `SKU-000${number % 10 || 1}`, quantity: 1 }] };
}
