import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cloudEventOf, orderRepliesTopic, paymentCommandsTopic, readMessage } from '@ringshop/contracts';
import { deadLetterTopicOf } from '@ringshop/messaging';
import { startChild } from '@ringshop/servers';
import { KeyRing, seal } from '@ringshop/service-defaults';
import { type RunningSimulators, startSimulators } from '@ringshop/simulators';
import { eventually, ownKafka, type TestDatabase, testDatabase, testFolder } from '@ringshop/testing';
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../migrations/index.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const keys = KeyRing.parse(`k1:${key}`);
const amount = { amount: 700, currency: 'EUR' as const };
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
// A service answers on topics for replies only.
const repliesTopic = orderRepliesTopic('test');
const folder = testFolder('payment');
const replies: { name: string; orderId: string }[] = [];
let kafka: Awaited<ReturnType<typeof ownKafka>>;
let brokers: string[];
let simulators: RunningSimulators;
let database: TestDatabase;
let producer: Producer;
let consumer: Consumer;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  // The topic's name is part of the service, so the broker is this spec's own.
  kafka = await ownKafka();
  brokers = kafka.server.brokers;
  const client = new Kafka({ brokers, clientId: 'test', logLevel: logLevel.NOTHING, retry: { retries: 10 } });
  const admin = client.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '3000000' }];
  const topics = [
    { topic: paymentCommandsTopic, numPartitions: 6 },
    { topic: deadLetterTopicOf(paymentCommandsTopic), numPartitions: 1, configEntries },
    { topic: repliesTopic, numPartitions: 1 },
  ];
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  producer = client.producer();
  await producer.connect();
  consumer = client.consumer({ groupId: 'test' });
  await consumer.connect();
  await consumer.subscribe({ topic: repliesTopic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { name, event } = readMessage(message.value);
      replies.push({ name, orderId: event.subject });
    },
  });
  simulators = await startSimulators({ DATA_DIR: `${folder}/simulators` });
  database = await testDatabase();
  const source = await new DataSource({ type: 'postgres', url: database.url, migrations }).initialize();
  await source.runMigrations();
  await source.destroy();
});
afterAll(async () => {
  await Promise.all([consumer.disconnect(), producer.disconnect(), simulators.stop()]);
  await kafka.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

function startService(failpoints: string) {
  const env = {
    PATH: process.env.PATH,
    NAME: 'payment-1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    RINGSHOP_FAILPOINTS: failpoints,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: brokers.join(),
    PROVIDER_URL: simulators.url,
    PAYMENT_TOKEN_KEYS: `k1:${key}`,
    KAFKA_SESSION_TIMEOUT_MS: '6000',
  };
  return startChild({
    name: 'payment',
    command: process.execPath,
    args: [main],
    logFile: `${folder}/payment.log`,
    env,
  });
}

async function send(name: string, orderId: string, data: object) {
  const event = cloudEventOf({ name, source: '/order', subject: orderId, data, replyto: repliesTopic });
  await producer.send({ topic: paymentCommandsTopic, messages: [{ key: orderId, value: JSON.stringify(event) }] });
}

const namesOf = (orderId: string) =>
  new Set(replies.filter((reply) => reply.orderId === orderId).map(({ name }) => name));

test.each([
  ['after the provider answered, before anything is written', 'outbox.before-commit=kill@1'],
  ['after the commit, before the publish', 'outbox.committed=kill@1'],
  ['after the publish, before the outbox row is deleted', 'relay.sent=kill@1'],
  ['after the commit, before the offset commit', 'consumer.handled=kill@1'],
])(
  'kill -9 %s: one authorisation, one capture, and the replies arrive',
  async (_, failpoint) => {
    const orders: string[] = Array.from({ length: 5 }, () => randomUUID());
    const doomed = await startService(failpoint);
    for (const orderId of orders) {
      await send('authorise-payment', orderId, { amount, token: seal(keys, 'tok_approve', orderId) });
    }
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    const service = await startService('');
    try {
      const all = (name: string) => () => orders.every((orderId) => namesOf(orderId).has(name));
      await eventually(all('payment-authorised'), { within: 40_000 });
      for (const orderId of orders) await send('capture-payment', orderId, { amount });
      await eventually(all('payment-captured'), { within: 20_000 });
      const response = await fetch(`${simulators.url}/payments/ledger`);
      const { payments } = (await response.json()) as { payments: { orderId: string; captured: number }[] };
      const ours = payments.filter(({ orderId }) => orders.includes(orderId));
      expect(ours).toHaveLength(orders.length);
      expect(ours.every(({ captured }) => captured === amount.amount)).toBe(true);
      await eventually(async () => expect((await database.pool.query('SELECT 1 FROM outbox')).rows).toEqual([]));
      expect((await database.pool.query('SELECT 1 FROM unresolved_commands')).rows).toEqual([]);
    } finally {
      expect(await service.stop()).toMatchObject({ code: 0 });
    }
  },
  120_000,
);
