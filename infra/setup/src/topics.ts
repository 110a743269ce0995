import { commandTopics, eventTopics, orderRepliesTopic } from '@ringshop/contracts';
import { messageRetentionMs } from '@ringshop/messaging';
import type { Admin } from 'kafkajs';
import { SetupRefused } from './setup-refused.ts';

/** Fixed for ever, like the key of an order: it is also the most replicas that share the work of a topic. */
const partitions = 6;
const mebibyte = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;

export interface TopicPlan {
  topic: string;
  configEntries: { name: string; value: string }[];
}

/**
 * Every topic with its dead letters. A dead letter is its record plus headers that tell the cause, so its topic
 * admits twice the size; and it waits for a person, so it is kept for longer.
 *
 * Kafka deletes whole segments, and one that nobody has filled is a week long by default: a record of a quiet shop would
 * live twice as long as it says here. With a segment a day it lives a day longer.
 */
export function topicsOf(shards: string[]): TopicPlan[] {
  const topics = [...commandTopics, ...eventTopics, ...shards.map(orderRepliesTopic)];
  return [
    ...topics.map((topic) =>
      plan(topic, { 'max.message.bytes': mebibyte, 'retention.ms': messageRetentionMs, 'segment.ms': day }),
    ),
    ...topics.map((topic) => plan(`${topic}.dlq`, { 'max.message.bytes': 2 * mebibyte, 'retention.ms': 90 * day })),
  ];
}

const plan = (topic: string, config: Record<string, number>): TopicPlan => ({
  topic,
  configEntries: [
    ...Object.entries(config).map(([name, value]) => ({ name, value: String(value) })),
    // kafkajs reads gzip only: stored as a stranger sent it, one zstd record would end its consumer for good.
    { name: 'compression.type', value: 'uncompressed' },
  ],
});

/** Creates what is missing. @throws SetupRefused when a topic has another number of partitions: keys would move. */
export async function createTopics(admin: Admin, plans: TopicPlan[], replicationFactor: number): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  const missing = plans.filter(({ topic }) => !there.has(topic));
  if (missing.length > 0) {
    await admin.createTopics({
      topics: missing.map((topic) => ({ ...topic, numPartitions: partitions, replicationFactor })),
      waitForLeaders: true,
    });
  }
  const existing = plans.map(({ topic }) => topic).filter((topic) => there.has(topic));
  if (existing.length > 0) await refuseOtherPartitions(admin, existing);
  return missing.map(({ topic }) => topic);
}

async function refuseOtherPartitions(admin: Admin, topics: string[]): Promise<void> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics });
  const odd = found.find((topic) => topic.partitions.length !== partitions);
  if (odd) throw new SetupRefused(`topic ${odd.name} has ${odd.partitions.length} partitions instead of ${partitions}`);
}
