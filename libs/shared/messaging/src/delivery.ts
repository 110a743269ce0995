import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, type Logger, type Pool } from '@ringshop/service-defaults';
import { type Encoded, encodeRow } from './encoding.ts';
import { relayBatch, relayed, relayFailures, relayPutAside } from './metrics.ts';
import { isUnknownTopic, type Sender } from './sender.ts';

export interface DeliveryOptions {
  sender: Sender;
  pool: Pool;
  logger: Logger | undefined;
  signal: AbortSignal;
}

/** A new topic, or a broker that has just started, may be unknown for a moment. */
const triesOfUnknownTopic = 5;

/**
 * Repeats one send until all of its messages are acknowledged. Only the stop ends it early.
 *
 * Messages for a topic that does not exist go back into the outbox, for a sweep a minute later: they must not be lost, and
 * they must not hold up the others. They are counted, and the outbox is not empty, until the topic is there.
 */
export async function deliver(messages: readonly Encoded[], options: DeliveryOptions): Promise<void> {
  const { sender, logger, signal } = options;
  relayBatch.observe(messages.length);
  for (let failures = 1; ; failures++) {
    try {
      await sender.send(messages);
      relayed.inc(messages.length);
      return;
    } catch (error) {
      signal.throwIfAborted();
      relayFailures.inc();
      logger?.warn({ err: error, messages: messages.length, failures }, 'a produce failed; repeating it');
      if (isUnknownTopic(error) && (await putAside(messages, failures, options))) return;
      await pause(backoffMs(failures, 100, 2_000), undefined, { signal });
    }
  }
}

/** @returns whether nothing is left to send */
async function putAside(messages: readonly Encoded[], failures: number, options: DeliveryOptions): Promise<boolean> {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic);
  if (byTopic.size > 1) {
    // Side by side, so that the topics that exist do not wait for the one that does not.
    await Promise.all([...byTopic.values()].map((ofTopic) => deliver(ofTopic, options)));
    return true;
  }
  if (failures < triesOfUnknownTopic) return false;
  const { topic } = messages[0]!;
  try {
    await options.pool.query(putBack, [encodeRow(messages)]);
  } catch (error) {
    options.logger?.warn({ err: error, topic }, 'messages for a topic that does not exist could not be kept yet');
    return false;
  }
  relayPutAside.inc(messages.length);
  options.logger?.error({ topic, messages: messages.length }, 'no such topic; its messages are kept');
  return true;
}

const putBack = "INSERT INTO outbox (messages, claimed_at) VALUES ($1, now() + interval '1 minute')";
