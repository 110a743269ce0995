import { type CloudEvent, readMessage } from '@ringshop/contracts';
import type { KafkaMessage } from 'kafkajs';
import { whyUnanswerable } from './answerable.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { Incoming } from './message.ts';
import { unhandled } from './metrics.ts';
import type { Round } from './rounds.ts';

/** One handler method, for messages of any of its names. */
export type Handle = (batch: Received[]) => Promise<unknown>;

/** An incoming message together with what the transport needs to know about it. */
export interface Received extends Incoming {
  attempt: number;
  /** How often it failed with no other message in the batch. */
  failedAlone: number;
  readonly event: CloudEvent;
  readonly handle: Handle;
  readonly record: KafkaMessage;
}

/**
 * Reads records into messages. One that nobody can read, or that nobody here handles, is a dead letter at once: trying
 * again would not change it, and passing over it would lose it.
 */
export function readRecords(
  round: Round,
  handleOf: (name: string) => Handle | undefined,
): { received: Received[]; dead: DeadLetter[] } {
  const received: Received[] = [];
  const dead: DeadLetter[] = [];
  for (const { payload, messages } of round) {
    const { topic, partition } = payload.batch;
    for (const record of messages) {
      const refuse = (cause: unknown) => dead.push({ record, topic, partition, cause, attempts: 0 });
      try {
        const { name, event } = readMessage(record.value);
        const handle = handleOf(name);
        if (!handle) {
          unhandled.inc({ topic });
          refuse(new Error(`nothing here handles ${name}`));
          continue;
        }
        const unanswerable = whyUnanswerable({ name, event });
        if (unanswerable !== undefined) {
          refuse(new Error(unanswerable));
          continue;
        }
        const { offset } = record;
        received.push({ name, event, topic, partition, offset, attempt: 1, failedAlone: 0, handle, record });
      } catch (cause) {
        refuse(cause);
      }
    }
  }
  return { received, dead };
}
