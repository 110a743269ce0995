import { commands, events, orderRepliesTopic, replyNames } from '@ringshop/contracts';
import kafkajs, { type Kafka } from 'kafkajs';
import { deadLetterRoomBytes } from './dead-letters.ts';
import { deadLetterTopicOf } from './letter.ts';

/** Why a consumer must not start. One line, for whoever operates it. */
export class StartRefused extends Error {
  override name = 'StartRefused';
}

/** Every message type that may arrive on a topic. */
export function messagesOn(topic: string): string[] {
  const named = [...commands, ...events].filter((contract) => contract.topic === topic).map(({ name }) => name);
  return named.length > 0 || !topic.startsWith(orderRepliesTopic('')) ? named : replyNames;
}

/** @throws StartRefused for a topic with a message type that nothing handles, and for a handler that would get nothing */
export function checkHandlers(
  topics: readonly string[],
  carries: (topic: string) => readonly string[],
  handlerNames: readonly string[],
): void {
  const expected = new Set<string>();
  for (const topic of topics) {
    const names = carries(topic);
    if (names.length === 0) throw new StartRefused(`topic ${topic} carries no message of the contracts`);
    const missing = names.filter((name) => !handlerNames.includes(name));
    if (missing.length > 0) throw new StartRefused(`topic ${topic} has no handler for ${missing.join(', ')}`);
    for (const name of names) expected.add(name);
  }
  const idle = handlerNames.filter((name) => !expected.has(name));
  if (idle.length > 0) throw new StartRefused(`handlers without a topic: ${idle.join(', ')}`);
}

/**
 * @param topics to read from; `written` are only written to, and need no dead letters here
 * @returns the number of partitions of all topics
 * @throws StartRefused when a topic or its dead letter topic is missing, or the latter is too small for a dead letter
 */
export async function checkTopics(
  kafka: Kafka,
  topics: readonly string[],
  written: readonly string[] = [],
): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const read = topics.flatMap((topic) => [topic, deadLetterTopicOf(topic)]);
    const missing = [...read, ...written].filter((topic) => !existing.has(topic));
    if (missing.length > 0) throw new StartRefused(`missing in Kafka: ${missing.join(', ')}`);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.flatMap((topic) => [sizeOf(topic), sizeOf(deadLetterTopicOf(topic))]),
    });
    const sizes = new Map(
      resources.map(({ resourceName, configEntries }) => [resourceName, Number(configEntries[0]?.configValue)]),
    );
    const small = topics.filter(
      (topic) => sizes.get(deadLetterTopicOf(topic))! < sizes.get(topic)! + deadLetterRoomBytes,
    );
    if (small.length > 0) {
      throw new StartRefused(
        `max.message.bytes too small for dead letters: ${small.map(deadLetterTopicOf).join(', ')}`,
      );
    }
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    return metadata.topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
  } finally {
    await admin.disconnect();
  }
}

const sizeOf = (name: string) => ({
  // Not a named import: Node does not find it among the names of this CommonJS module.
  type: kafkajs.ConfigResourceTypes.TOPIC,
  name,
  configNames: ['max.message.bytes'],
});
