import { randomUUID } from 'node:crypto';
import { type CloudEvent, cloudEventOf } from '@ringshop/contracts';
import { createPool, type Pool } from '@ringshop/service-defaults';
import { eventually, testDatabase, testKafka } from '@ringshop/testing';
import { type Kafka, type KafkaMessage, type Message, Partitioners } from 'kafkajs';
import { createKafka } from './kafka.ts';
import type { Outgoing } from './message.ts';
import { Relay, type RelayOptions } from './relay.ts';
import { inboxSchema, outboxSchema, outboxStorage } from './schema.ts';

/** What the int specs of this package share: a database with outbox and inbox, topics with dead letters, and a reader. */
export interface Bench {
  kafka: Kafka;
  pool: Pool;
  /** A relay that is stopped with the bench. */
  relay: (options?: Partial<RelayOptions>) => Relay;
  rowsLeft: () => Promise<number>;
  /** Stops the relays of a test, so that they do not sweep in the next one. */
  stopRelays: () => Promise<void>;
  close: () => Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const [{ brokers }, database] = await Promise.all([testKafka(), testDatabase()]);
  const kafka = createKafka({ brokers, clientId: 'spec' });
  await testKafka().then(({ withAdmin }) =>
    withAdmin((admin) => admin.createTopics({ topics: [{ topic: replyTopic }] })),
  );
  const pool = createPool(database.url, { max: 10 });
  await pool.query(outboxSchema + outboxStorage + inboxSchema);
  const relays: Relay[] = [];
  return {
    kafka,
    pool,
    relay: (options) => {
      const relay = new Relay({ kafka, pool, sweepMs: 100, sweepAfterMs: 300, ...options });
      relays.push(relay);
      return relay;
    },
    rowsLeft: async () => (await pool.query<{ n: number }>('SELECT count(*) AS n FROM outbox')).rows[0]!.n,
    stopRelays: async () => {
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    },
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

/** A topic of one's own, with its dead letters. */
export async function topicPair(name: string, config: Record<string, string> = {}): Promise<string> {
  const topic = `${name}-${Math.random().toString(36).slice(2, 10)}`;
  const entries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const { withAdmin } = await testKafka();
  await withAdmin(async (admin) => {
    await admin.createTopics({
      topics: [
        { topic, numPartitions: 3, configEntries: entries },
        { topic: `${topic}.dlq`, numPartitions: 3, configEntries: [{ name: 'max.message.bytes', value: '2097152' }] },
      ],
    });
    // Each leader has to answer, or the first produce is stored in part and repeated as a whole.
    await eventually(async () => [await admin.fetchTopicOffsets(topic), await admin.fetchTopicOffsets(`${topic}.dlq`)]);
  });
  return topic;
}

/** Puts records into a topic as they are, without any of this package's code. */
export async function produce(kafka: Kafka, topic: string, messages: Message[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
  await producer.connect();
  await producer.send({ topic, messages }).finally(() => producer.disconnect());
}

export async function committedOffsets(kafka: Kafka, groupId: string, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  // On a broker that has just started the coordinator of a group may not be known yet, and kafkajs does not try again.
  const [offsets] = await eventually(() => admin.fetchOffsets({ groupId, topics: [topic] })).finally(() =>
    admin.disconnect(),
  );
  return offsets!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
}

/** A topic for replies that is there, and that nobody reads. */
export const replyTopic = 'order.replies.spec';

/** `release-stock` of order `subject`: the smallest message there is. */
export const releaseStock = (subject: string = randomUUID()): CloudEvent =>
  cloudEventOf({ name: 'release-stock', source: '/spec', subject, data: {}, replyto: replyTopic });

export const outgoing = (topic: string, count = 1): Outgoing[] =>
  Array.from({ length: count }, () => ({ topic, event: releaseStock() }));

export type ReadRecord = KafkaMessage & { partition: number };

/** Reads a topic to its present end, in a group of its own, without any of this package's code. */
export async function readTopic(kafka: Kafka, topic: string, { expect = 0 } = {}): Promise<ReadRecord[]> {
  const admin = kafka.admin();
  await admin.connect();
  const count = async () =>
    (await admin.fetchTopicOffsets(topic)).reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  await eventually(async () => (await count()) >= expect, { what: `${expect} records in ${topic}` });
  const total = await count();
  await admin.disconnect();
  const read: ReadRecord[] = [];
  const consumer = kafka.consumer({ groupId: `reader-${Math.random()}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message, partition }) => void read.push({ ...message, partition }),
  });
  await eventually(() => read.length >= total, { what: `${total} records of ${topic} read` });
  await consumer.disconnect();
  return read;
}

export const idsOf = (records: KafkaMessage[]): string[] =>
  records.map(({ value }) => (JSON.parse(String(value)) as CloudEvent).id);
