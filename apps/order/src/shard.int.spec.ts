import { randomBytes } from 'node:crypto';
import { orderRepliesTopic } from '@ringshop/contracts';
import { createKafka, deadLetterTopicOf } from '@ringshop/messaging';
import { readConfig } from '@ringshop/service-defaults';
import { eventually, type TestKafka, testKafka } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderConfig } from './config.ts';
import {
  aCustomer,
  get,
  incoming,
  moveAway,
  place,
  type Replica,
  startReplica,
  type TestShard,
  testShard,
} from './shard.kit.ts';

const name = `order-${randomBytes(4).toString('hex')}`;
const repliesTopic = orderRepliesTopic(name);
let kafka: TestKafka;
let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  [kafka, shard] = await Promise.all([testKafka(), testShard(name)]);
  const topics = ['inventory.commands', 'payment.commands', 'order.events', repliesTopic].flatMap((topic) => [
    { topic, numPartitions: 6 },
    {
      topic: deadLetterTopicOf(topic),
      numPartitions: 6,
      configEntries: [{ name: 'max.message.bytes', value: '2000000' }],
    },
  ]);
  await kafka.withAdmin((admin) => admin.createTopics({ topics, waitForLeaders: true }));
  replica = await shard.replica({ KAFKA_BROKERS: kafka.brokers.join(), KAFKA_SESSION_TIMEOUT_MS: '6000' });
});
afterAll(() => shard.stop());

/** What inventory or payment would send. */
async function answer(orderId: string, reply: string): Promise<void> {
  const producer = createKafka({ brokers: kafka.brokers, clientId: 'participant' }).producer();
  await producer.connect();
  const value = JSON.stringify(incoming(orderId, reply).event);
  await producer.send({ topic: repliesTopic, messages: [{ key: orderId, value }] });
  await producer.disconnect();
}

const placed = async (customer: string) =>
  ((await (await place(replica, { customer })).json()) as { orderId: string }).orderId;
const statusOf = async (orderId: string, customer: string) =>
  ((await (await get(replica, `/orders/${orderId}`, customer)).json()) as { status: string }).status;

describe('a shard on a real Kafka', () => {
  it('is ready once it listens to the database and hears its replies', async () => {
    await eventually(() => replica.health.ready().length === 0);
    expect((await fetch(`${replica.url}/health/ready`)).status).toBe(200);
  });

  it('sends commands, hears replies, and leaves no message behind', async () => {
    const customer = aCustomer();
    const orderId = await placed(customer);
    await answer(orderId, 'stock-reserved');
    await answer(orderId, 'payment-authorised');
    await eventually(async () => (await statusOf(orderId, customer)) === 'confirmed');
    await eventually(async () => (await shard.database.pool.query('SELECT FROM outbox')).rowCount === 0);
  });

  it('refuses an order beyond those that it can do in time, before anything is written, until one of them is decided', async () => {
    const one = '1';
    const limits = { ADMISSION_INITIAL: one, ADMISSION_MIN: one, ADMISSION_MAX: one };
    const narrow = await shard.replica({ KAFKA_BROKERS: kafka.brokers.join(), ...limits }, { hears: false });
    const { admission, relay, listener } = narrow.shard;
    await eventually(() => !relay.stalled && !listener.ready(), { what: 'its relay and its listener to be connected' });
    const { orderId } = (await (await place(narrow)).json()) as { orderId: string };
    const customer = aCustomer();
    const refused = await place(narrow, { customer });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'overloaded' });
    const { rowCount } = await shard.database.pool.query('SELECT FROM idempotency_keys WHERE customer_id = $1', [
      customer,
    ]);
    expect(rowCount).toBe(0);
    // Decided by the other replica: this one hears of it by the notice.
    await replica.shard.sagas.handleReplies([incoming(orderId, 'out-of-stock', { skus: ['SKU-0001'] })]);
    await eventually(() => admission.open === 0, { what: 'the notice that the order was decided' });
    expect((await place(narrow, { customer })).status).toBe(202);
    expect(admission.open).toBe(1);
    await shard.database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'order-status-listener' AND datname = current_database()",
    );
    await eventually(() => admission.open === 0, { what: 'not to count whose notice may have been lost' });
    await narrow.stop();
  });

  it('keeps a reply for a slot that has moved as a dead letter, and goes on', async () => {
    const [moved, kept] = [aCustomer(), aCustomer()];
    const [theirs, ours] = [await placed(moved), await placed(kept)];
    await moveAway(shard, moved);
    await answer(theirs, 'stock-reserved');
    await answer(ours, 'stock-reserved');
    await answer(ours, 'payment-authorised');
    await eventually(async () => (await statusOf(ours, kept)) === 'confirmed', { within: 20_000 });
    await eventually(
      () =>
        kafka.withAdmin(async (admin) => {
          const offsets = await admin.fetchTopicOffsets(deadLetterTopicOf(repliesTopic));
          return offsets.some(({ high }) => Number(high) > 0);
        }),
      { within: 20_000 },
    );
  });
});

describe('a shard does not start', () => {
  const starting = (env: Record<string, string>) =>
    startReplica({ ...shard.env, KAFKA_BROKERS: kafka.brokers.join(), ...env });

  it('that the placement map does not name', async () => {
    await expect(starting({ SHARD: 'order-9' })).rejects.toThrow(`order-9 is no shard of the placement map of epoch`);
  });

  it('whose schema is not the newest', async () => {
    const { pool } = shard.database;
    const { rows } = await pool.query(`DELETE FROM migrations WHERE name LIKE 'CreateSagas%' RETURNING *`);
    await expect(starting({})).rejects.toThrow(/not migrated \(missing: CreateSagas\d+\)/);
    await pool.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [rows[0].timestamp, rows[0].name]);
  });

  it('without a topic that it writes to', async () => {
    const topic = 'order.events';
    await kafka.withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await expect(starting({})).rejects.toThrow(`missing in Kafka: ${topic}`);
    await kafka.withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 6 }] }));
  });

  it('without its topic', async () => {
    await shard.placement.pool.query(
      `INSERT INTO placement_maps SELECT 99, '["order-without-topic"]', slots FROM placement_maps WHERE epoch = 1`,
    );
    await expect(starting({ SHARD: 'order-without-topic' })).rejects.toThrow('order.replies.order-without-topic');
  });

  it('without its configuration, and tells names but no values', () => {
    const { DATABASE_URL: _, ...rest } = shard.env;
    const env = { ...rest, PAYMENT_TOKEN_KEYS: 'k1:hunter2', PORT: 'x' };
    expect(() => readConfig(orderConfig, env)).toThrow(
      /^(?!.*hunter2)bad configuration.*DATABASE_URL.*PAYMENT_TOKEN_KEYS/s,
    );
  });
});
