import { createKafka } from '@ringshop/messaging';
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';

export type TopicRecord = KafkaMessage & { topic: string; partition: number };

export const connectKafka = (brokers: string[]): Kafka => createKafka({ clientId: 'ringshop-operator', brokers });

/** Every topic but Kafka's own. */
export async function listTopics(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics().finally(() => admin.disconnect());
  return topics.filter((topic) => !topic.startsWith('__')).sort();
}

/** Where to read: from an instant (epoch ms) or the beginning, up to what is there now. */
interface Span {
  topic: string;
  partition: number;
  from: bigint;
  /** Exclusive. */
  to: bigint;
}

/**
 * Hands over every record of the topics that is there now and is not older than `sinceMs`, and then ends.
 * It reads by offsets under a group of its own that commits nothing, so nobody's place is moved.
 */
export async function readTopics(
  kafka: Kafka,
  topics: string[],
  handle: (record: TopicRecord) => void,
  sinceMs?: number,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `ringshop-operator-${crypto.randomUUID()}`;
  try {
    const spans = (await Promise.all(topics.map((topic) => spansOf(admin, topic, sinceMs)))).flat();
    if (spans.length > 0) await consume(kafka, groupId, spans, handle);
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined); // it may never have been created; the broker drops empty groups anyway
    await admin.disconnect();
  }
}

async function spansOf(admin: Admin, topic: string, sinceMs: number | undefined): Promise<Span[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  const starts = sinceMs === undefined ? undefined : await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs);
  return ends
    .map(({ partition, low, high }) => {
      const start = starts?.find((entry) => entry.partition === partition)?.offset;
      return { topic, partition, from: BigInt(start === undefined || start === '-1' ? low : start), to: BigInt(high) };
    })
    .filter(({ from, to }) => from < to);
}

async function consume(
  kafka: Kafka,
  groupId: string,
  spans: Span[],
  handle: (record: TopicRecord) => void,
): Promise<void> {
  const open = new Map(spans.map((span) => [`${span.topic} ${span.partition}`, span]));
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  const read = Promise.withResolvers<void>();
  try {
    await consumer.subscribe({ topics: [...new Set(spans.map(({ topic }) => topic))], fromBeginning: true });
    endWhenRead(consumer, open, read);
    const eachBatch = async ({ batch: { topic, partition, messages } }: EachBatchPayload) => {
      const span = open.get(`${topic} ${partition}`);
      if (!span) return;
      for (const message of messages) {
        const offset = BigInt(message.offset);
        if (offset >= span.from && offset < span.to) handle({ ...message, topic, partition });
      }
    };
    // kafkajs would take an error of `handle` for one of its own, and try again without end.
    const run = consumer.run({ autoCommit: false, eachBatch: (payload) => eachBatch(payload).catch(read.reject) });
    for (const { topic, partition, from } of spans) consumer.seek({ topic, partition, offset: String(from) });
    await Promise.all([read.promise, run]);
  } finally {
    await consumer.disconnect();
  }
}

/**
 * By kafkajs's own word on how far it has come: a partition may end with records that it hands to nobody, such as the mark
 * that a transaction leaves.
 */
function endWhenRead(consumer: Consumer, open: Map<string, Span>, read: PromiseWithResolvers<void>): void {
  consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || read.reject(payload.error));
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    const key = `${topic} ${partition}`;
    const span = open.get(key);
    if (span && BigInt(lastOffset) + 1n >= span.to) open.delete(key);
    if (open.size === 0) read.resolve();
  });
}
