import type { Outgoing } from './message.ts';
import { portions } from './portions.ts';

/**
 * A message is made into JSON once: the same text goes into the outbox row and, after the commit, to Kafka.
 * Only the sweep, which reads rows that a crash left behind, encodes a second time.
 */
export interface Encoded {
  topic: string;
  key: string;
  value: string;
  unhurried?: boolean;
}

/** Kafka's limit is on a record *batch*, 1 MiB unless configured; this leaves room for keys, headers and framing. */
export const maxMessageBytes = 900_000;

/** @throws RangeError for a message no broker would take: in the outbox it would stop everything behind it. */
export function encode({ topic, event, unhurried = false }: Outgoing): Encoded {
  const value = JSON.stringify(event);
  // A character is at most three bytes of UTF-8: only long texts need to be measured.
  if (value.length > maxMessageBytes / 3 && Buffer.byteLength(value) > maxMessageBytes) {
    throw new RangeError(`${event.type} is larger than ${maxMessageBytes} bytes`);
  }
  return { topic, key: event.subject, value, unhurried };
}

/** One outbox row: a JSON array of `{ topic, event }`, put together from texts that are JSON already. */
export function encodeRow(messages: readonly Encoded[]): string {
  const items = messages.map(({ topic, value }) => `{"topic":${JSON.stringify(topic)},"event":${value}}`);
  return `[${items.join(',')}]`;
}

export const decodeRow = (messages: readonly Outgoing[]): Encoded[] => messages.map(encode);

/**
 * Cuts a backlog into produces. Kafka limits the bytes of one partition's part, and in the worst case all of it is
 * one partition's.
 */
export const produces = (messages: readonly Encoded[], maxItems = 1_000) =>
  portions(messages, ({ value }) => Buffer.byteLength(value), { maxItems, maxBytes: maxMessageBytes });
