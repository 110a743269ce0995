import { setTimeout as pause } from 'node:timers/promises';
import { connectKafka } from '@ringshop/operator';
import { eventually } from '@ringshop/testing';
import type { EachMessagePayload, Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Placing } from './customer.ts';
import { Shop } from './shop.ts';
import { placeUntilAcknowledged } from './shoppers.ts';

const orders = process.env.RINGSHOP_TEST_SIZE === 'full' ? 10_000 : 300;

describe('messages that come more than once and in any order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterAll(() => shop?.close());

  it(
    'acceptance 5: every message delivered three times and in random order across topics has its effect once',
    async () => {
      const echo = await Echo.start(shop.status.kafka.brokers.split(','));
      const customer = await shop.customer();
      const placings = Array.from({ length: orders }, (_, n): Placing => ({ ...placing(n), wait: 0 }));
      // Nobody waits for the end of an order: a slow machine has the crowd come back, as it should.
      for (let n = 0; n < orders; n += 20)
        await Promise.all(placings.slice(n, n + 20).map((order) => placeUntilAcknowledged(customer, order)));
      await eventually(() => echo.repeated >= 2 * 3 * orders, {
        within: 60_000,
        what: 'the messages of all orders to be repeated',
      });
      await shop.adds();
      await echo.stop();
      // What was repeated last is only now on its way: it must change nothing either.
      await shop.adds();
      expect(shop.acknowledged).toHaveLength(orders);
      expect(new Set(shop.acknowledged).size).toBe(orders);
    },
    180_000 + orders * 20,
  );
});

function placing(n: number): Placing {
  const lines = [{ sku: `SKU-${String(1 + (n % 40)).padStart(4, '0')}`, quantity: 1 + (n % 3) }];
  if (n % 7 === 0) return { lines, token: 'tok_decline' };
  if (n % 11 === 0) return { lines: [...lines, { sku: 'SKU-0911', quantity: 1 }] };
  return { lines };
}

/** Sends every record of the saga's topics twice more, each after a random while, so that the repeats overtake one another. */
class Echo {
  repeated = 0;
  readonly #seen = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();

  private constructor(
    private readonly consumer: ReturnType<Kafka['consumer']>,
    private readonly producer: ReturnType<Kafka['producer']>,
  ) {}

  static async start(brokers: string[]): Promise<Echo> {
    const kafka = connectKafka(brokers);
    const consumer = kafka.consumer({ groupId: 'echo', maxWaitTimeInMs: 100 });
    const producer = kafka.producer();
    const echo = new Echo(consumer, producer);
    await Promise.all([consumer.connect(), producer.connect()]);
    const topics = ['inventory.commands', 'payment.commands', 'order.replies.order-1', 'order.replies.order-2'];
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({ eachMessage: (payload) => echo.#hear(payload) });
    return echo;
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
    await Promise.all(this.#pending);
    await this.producer.disconnect();
  }

  async #hear({ topic, message }: EachMessagePayload): Promise<void> {
    const { id } = JSON.parse(message.value!.toString()) as { id: string };
    const times = (this.#seen.get(id) ?? 0) + 1;
    this.#seen.set(id, times);
    if (times > 1) return;
    for (let copy = 0; copy < 2; copy++) {
      const repeat = pause(Math.random() * 500)
        .then(() =>
          this.producer.send({
            topic,
            messages: [{ key: message.key, value: message.value, headers: message.headers }],
          }),
        )
        .then(() => void this.repeated++);
      this.#pending.add(repeat);
      void repeat.finally(() => this.#pending.delete(repeat));
    }
  }
}
