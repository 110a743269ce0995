import { eventTopics, readMessage } from '@ringshop/contracts';
import {
  deadLetterTopicOf,
  isDeadLetterTopic,
  type Letter,
  letterId,
  messagesOn,
  type PlacedRecord,
  readLetter,
  redrivenId,
} from '@ringshop/messaging';
import type { Kafka } from 'kafkajs';
import { listTopics, readTopics, type TopicRecord } from './read-topics.ts';

/** A message that could not be handled, and what became of it. */
export interface FoundLetter extends Letter {
  key: Buffer | null;
  /** When it was re-driven, epoch ms. */
  redrivenAt?: number;
  /** It lies where it was written: in a topic that no service of ours reads, so that nobody put it aside. */
  inPlace: boolean;
}

export interface Found {
  /** Oldest first. */
  letters: FoundLetter[];
  /** Records of the letters that were to be kept: all of them could be more than fits into memory. */
  records: Map<string, PlacedRecord>;
}

export interface Which {
  /** A topic or its dead letter topic; all when it is not said. */
  topic?: string | undefined;
  /** Letters whose records are wanted, too. */
  keep?: (letter: Letter) => boolean;
}

/** Topics that can be asked for by name. */
export async function topicsWithLetters(kafka: Kafka): Promise<string[]> {
  const topics = await listTopics(kafka);
  return topics.filter((topic) => isDeadLetterTopic(topic) || (eventTopics as readonly string[]).includes(topic));
}

/** Reads every dead letter, and what is no message in the topics that nobody of ours reads. Moves nothing. */
export async function findLetters(kafka: Kafka, { topic: only, keep = () => false }: Which = {}): Promise<Found> {
  const all = await topicsWithLetters(kafka);
  const topics = only === undefined ? all : all.filter((topic) => topic === only || topic === deadLetterTopicOf(only));
  const letters = new Map<string, FoundLetter>();
  const redriven = new Map<string, number>();
  const records = new Map<string, PlacedRecord>();
  await readTopics(kafka, topics, (record) => {
    const placed: PlacedRecord = { topic: record.topic, partition: record.partition, record };
    const marked = redrivenId(placed);
    if (marked !== undefined) return void redriven.set(marked, Number(record.timestamp));
    const letter = isDeadLetterTopic(record.topic) ? readLetter(placed) : lyingInPlace(record);
    if (!letter) return;
    letters.set(letter.id, { ...letter, key: record.key, inPlace: !isDeadLetterTopic(record.topic) });
    if (keep(letter)) records.set(letter.id, placed);
  });
  for (const [id, at] of redriven) {
    const letter = letters.get(id);
    if (letter) letter.redrivenAt = at;
  }
  return { letters: [...letters.values()].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)), records };
}

/** Undefined for a record that whoever reads the topic by its contracts can use. */
function lyingInPlace(record: TopicRecord): Letter | undefined {
  const { topic, partition, offset, value } = record;
  const cause = whyUnusable(topic, value);
  if (cause === undefined) return undefined;
  const placed = { topic, partition, record };
  // What a letter in this place would say: the headers of a stranger count for nothing here.
  const { at, since } = readLetter({ ...placed, record: { ...record, headers: {} } });
  const origin = { topic, partition, offset };
  return { id: letterId(placed), topic, origin, cause, attempts: 0, redrives: 0, at, since };
}

function whyUnusable(topic: string, value: Buffer | null): string | undefined {
  try {
    const { name } = readMessage(value);
    return messagesOn(topic).includes(name) ? undefined : `${topic} carries no ${name}`;
  } catch (error) {
    return (error as Error).message;
  }
}
