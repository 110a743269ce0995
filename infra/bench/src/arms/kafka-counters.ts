import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connectKafka } from '@ringshop/operator';
import type { Arm } from './arm.ts';

export interface MessagesSoFar {
  messages: number;
  /** As the broker stores them, with what it adds to a batch; one replica. */
  bytes: number;
}

/** Kafka's own topics do not count: what is in them grows with time, and not with orders. */
const isOurs = (topic: string) => !topic.startsWith('__');

/** Messages in all topics so far: exact at every moment of rest, as long as nothing is old enough to be deleted. */
export async function readMessages({ brokers, dir }: NonNullable<Arm['kafka']>): Promise<MessagesSoFar> {
  const admin = connectKafka(brokers).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter(isOurs);
    const offsets = (await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)))).flat();
    const messages = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    return { messages, bytes: await bytesOf(dir) };
  } finally {
    await admin.disconnect();
  }
}

/** A folder a partition, with its segments. */
async function bytesOf(dir: string): Promise<number> {
  const folders = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const partitions = folders.map(({ name }) => name).filter((name) => isOurs(name) && /-\d+$/.test(name));
  const sizes = partitions.map(async (partition) => {
    const segments = (await readdir(join(dir, partition))).filter((file) => file.endsWith('.log'));
    const found = await Promise.all(segments.map((file) => stat(join(dir, partition, file))));
    return found.reduce((sum, { size }) => sum + size, 0);
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
