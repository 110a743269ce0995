import { readMessage } from '@ringshop/contracts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

export const deadLetterTopicOf = (topic: string) => `${topic}.dlq`;
export const isDeadLetterTopic = (topic: string) => topic.endsWith('.dlq');

/** Headers that a dead letter has on top of those of its record. Everything else about it is as it was. */
export const letterHeaders = {
  cause: 'dlq-cause',
  attempts: 'dlq-attempts',
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  at: 'dlq-at',
  /** How often it was re-driven before it died this time: it travels with the message. */
  redrives: 'dlq-redrives',
  /** Of a marker, a record without a value: the id of the letter that was re-driven. */
  redriven: 'dlq-redriven',
} as const;

/** A record and its place. */
export interface PlacedRecord {
  topic: string;
  partition: number;
  record: Pick<KafkaMessage, 'key' | 'value' | 'headers' | 'offset' | 'timestamp'>;
}

/** What a dead letter topic says about one record; whatever stands there, it can be read. */
export interface Letter {
  /** Its place in the dead letter topic: `<topic>/<partition>/<offset>`. */
  id: string;
  topic: string;
  /** Undefined for what somebody wrote straight into the dead letter topic. */
  origin: { topic: string; partition: number; offset: string } | undefined;
  cause: string;
  /** Handler calls that had it in their batch and failed; undefined when nobody told. */
  attempts: number | undefined;
  redrives: number;
  /** When it died, epoch ms; undefined when nobody told. */
  at: number | undefined;
  /** The earliest instant at which it may have had an effect, epoch ms. */
  since: number;
}

const noOrigin = 'written here without a known origin';

export const letterId = ({ topic, partition, record }: PlacedRecord) => `${topic}/${partition}/${record.offset}`;

export function readLetter(placed: PlacedRecord): Letter {
  const { topic, record } = placed;
  const header = (name: string) => textOf(record.headers?.[name]);
  const origin = originOf(topic, header);
  const written = instant(Number(record.timestamp));
  const at = instant(Date.parse(header(letterHeaders.at) ?? '')) ?? written;
  return {
    id: letterId(placed),
    topic,
    origin,
    cause: header(letterHeaders.cause) ?? noOrigin,
    attempts: count(header(letterHeaders.attempts)),
    redrives: count(header(letterHeaders.redrives)) ?? 0,
    at,
    since: Math.min(...[at, written, sentAt(record.value), Date.now()].filter((ms) => ms !== undefined)),
  };
}

/** The id of the letter that a marker says was re-driven; undefined for every other record. */
export function redrivenId({ topic, partition, record }: PlacedRecord): string | undefined {
  const { headers = {}, value, offset } = record;
  const id = textOf(headers[letterHeaders.redriven]);
  // A letter may have come with any header and no value, too.
  if (id === undefined || value !== null || headers[letterHeaders.cause] !== undefined) return undefined;
  // It stands behind its letter in the same partition; what says otherwise is no marker of ours.
  const here = id.startsWith(`${topic}/${partition}/`) && Number(id.split('/').at(-1)) < Number(offset);
  return here ? id : undefined;
}

function originOf(deadLetterTopic: string, header: (name: string) => string | undefined): Letter['origin'] {
  const topic = header(letterHeaders.topic);
  const [partition, offset] = [header(letterHeaders.partition), header(letterHeaders.offset)];
  if (topic === undefined || deadLetterTopicOf(topic) !== deadLetterTopic) return undefined;
  if (count(partition) === undefined || count(offset) === undefined) return undefined;
  return { topic, partition: Number(partition), offset: offset! };
}

/** A header may be there several times, or be any bytes. */
function textOf(value: IHeaders[string]): string | undefined {
  const one = Array.isArray(value) ? value.at(-1) : value;
  return one === undefined || one === null ? undefined : one.toString();
}

const count = (text: string | undefined) => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);
const instant = (ms: number) => (ms >= 0 && ms <= 8.64e15 ? ms : undefined);

/** When the message was made, by its own word; one that nobody can read has never had an effect. */
function sentAt(value: Buffer | null): number | undefined {
  try {
    return instant(Date.parse(readMessage(value).event.time));
  } catch {
    return undefined;
  }
}
