import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/**
 * CloudEvents 1.0 in structured mode: the whole event is the JSON value of one Kafka record.
 * Structured and not binary, because every Kafka header costs more than the JSON it would save (docs/adr).
 */
export const contentType = 'application/cloudevents+json';

/** Wire type of a message. A change to a contract only adds; one that cannot is a contract of another name. */
export const wireType = (name: string) => `ringshop.${name}.v1`;

export const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(100),
  type: z.string().regex(/^ringshop\.[a-z-]+\.v\d+$/),
  source: z.string().min(1).max(200),
  time: z.iso.datetime({ offset: true }),
  /** The order id: also the record's key, so that one order's messages share a partition. */
  subject: z.string().min(1).max(100),
  data: z.unknown(),
  /** W3C trace context. */
  traceparent: z.string().max(100).optional(),
  /** Topic that wants the answer to a command. */
  replyto: z.string().max(200).optional(),
  /** After this instant the sender has given up: work on it is waste. */
  expiresat: z.iso.datetime({ offset: true }).optional(),
});

export type CloudEvent<Data = unknown> = Omit<z.infer<typeof cloudEvent>, 'data'> & { data: Data };

/** What the author of a message says about it; id, time and version are filled in by `cloudEventOf`. */
export interface EventInit<Data> {
  /** Name from the contracts, without prefix and version: `reserve-stock`. */
  name: string;
  source: string;
  subject: string;
  data: Data;
  replyto?: string | undefined;
  expiresat?: string | undefined;
  traceparent?: string | undefined;
}

export function cloudEventOf<Data>(init: EventInit<Data>): CloudEvent<Data> {
  const { name, source, subject, data, replyto, expiresat, traceparent } = init;
  return {
    specversion: '1.0',
    id: randomUUID(),
    type: wireType(name),
    source,
    time: new Date().toISOString(),
    subject,
    ...(replyto && { replyto }),
    ...(expiresat && { expiresat }),
    ...(traceparent && { traceparent }),
    data,
  };
}
