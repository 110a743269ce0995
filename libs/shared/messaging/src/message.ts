import { type CloudEvent, cloudEventOf } from '@ringshop/contracts';

/** A message to publish. Its key is `event.subject`, so that one order's messages share a partition. */
export interface Outgoing {
  topic: string;
  event: CloudEvent;
  /** Nobody waits for it: it may leave a moment later, with whatever leaves next (see {@link Relay}). */
  unhurried?: boolean;
}

/** A message as a handler gets it: readable, of a known type, its data valid by that type's schema. */
export interface Incoming<Data = unknown> {
  /** Name from the contracts, without prefix and version. */
  readonly name: string;
  readonly event: CloudEvent<Data>;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** 1, and one more for each time a batch with it was refused for good. A retry of something transient does not count. */
  readonly attempt: number;
}

/**
 * The answer to a command: to the topic that its sender named, about the same order, in the same trace. A sender who waits
 * only so long for it is in a hurry; one that would ask for ever is not.
 */
export function reply(
  command: Pick<Incoming, 'name' | 'event'>,
  name: string,
  data: unknown,
  source: string,
): Outgoing {
  const { replyto, subject, traceparent, expiresat } = command.event;
  if (replyto === undefined) throw new Error(`${command.name} names no topic for its answer`);
  const event = cloudEventOf({ name, source, subject, data, traceparent });
  return { topic: replyto, event, unhurried: expiresat === undefined };
}
