import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, failpoint, isAway, isTransient, type Logger } from '@ringshop/service-defaults';
import type { DeadLetter } from './dead-letters.ts';
import { bisected, handled, handlerBatch, retried } from './metrics.ts';
import type { Handle, Received } from './received.ts';

export interface RetryOptions {
  /** How often a message that fails all by itself is tried. */
  maxAttempts: number;
  retryMinMs: number;
  retryMaxMs: number;
}

/** One run of handlers over gathered messages. */
export interface Run {
  /** Aborted when the service stops, or the partitions may be somebody else's: what fails now is not tried again. */
  signal: AbortSignal;
  logger: Logger | undefined;
  dead: DeadLetter[];
  /** For how long what handlers need may be away before they are given up; for ever when it is not said. */
  awayMs?: number | undefined;
}

/**
 * What handlers need has been away for too long; from here, at least. What of the list was handled before comes again, to
 * whoever is next.
 */
export class CutOff extends Error {
  override name = 'CutOff';
}

/**
 * Calls the handlers for a list of messages.
 *
 * Guaranteed: when it resolves, each message was in a handler call that resolved, or is in `run.dead` after it failed by
 * itself `maxAttempts` times. A transient error (the database is away) is retried in place: it says nothing about
 * the messages. Any other one halves the batch until the message at fault stands alone, so it costs its neighbours only
 * repeated calls. Messages of one key reach their handlers in the order of the topic.
 * @throws CutOff
 */
export async function handleAll(messages: Received[], retry: RetryOptions, run: Run): Promise<void> {
  for (const { handle, batch } of byHandler(messages)) await attempt(handle, batch, retry, run);
  failpoint('consumer.handled');
}

interface HandlerBatch {
  handle: Handle;
  batch: Received[];
}

/** As few calls as the order of each key allows; with one handler it is one call. */
function byHandler(messages: Received[]): HandlerBatch[] {
  const calls: HandlerBatch[] = [];
  let open = new Map<Handle, Received[]>();
  let handlerOfKey = new Map<string, Handle>();
  for (const message of messages) {
    const { handle } = message;
    const key = message.event.subject;
    if ((handlerOfKey.get(key) ?? handle) !== handle) {
      open = new Map();
      handlerOfKey = new Map();
    }
    handlerOfKey.set(key, handle);
    const batch = open.get(handle);
    if (batch) {
      batch.push(message);
    } else {
      const first = [message];
      open.set(handle, first);
      calls.push({ handle, batch: first });
    }
  }
  return calls;
}

async function attempt(handle: Handle, batch: Received[], retry: RetryOptions, run: Run): Promise<void> {
  const { awayMs = Number.POSITIVE_INFINITY, signal } = run;
  let awaySince = Number.POSITIVE_INFINITY;
  for (let failures = 1; ; failures++) {
    try {
      handlerBatch.observe(batch.length);
      await handle(batch);
      handled.inc(batch.length);
      return;
    } catch (error) {
      if (!isTransient(error)) return isolate(handle, batch, error, retry, run);
      retried.inc();
      run.logger?.warn({ err: error, messages: batch.length, failures }, 'a batch failed and is retried');
      awaySince = isAway(error) ? Math.min(awaySince, performance.now()) : Number.POSITIVE_INFINITY;
      if (performance.now() - awaySince > awayMs) throw new CutOff('what the handlers need is away', { cause: error });
      await pause(backoffMs(failures, retry.retryMinMs, retry.retryMaxMs), undefined, { signal });
    }
  }
}

async function isolate(
  handle: Handle,
  batch: Received[],
  cause: unknown,
  retry: RetryOptions,
  run: Run,
): Promise<void> {
  for (const message of batch) message.attempt++;
  if (batch.length > 1) {
    bisected.inc();
    const half = batch.length >> 1;
    await attempt(handle, batch.slice(0, half), retry, run);
    await attempt(handle, batch.slice(half), retry, run);
    return;
  }
  const message = batch[0]!;
  message.failedAlone++;
  if (message.failedAlone < retry.maxAttempts) {
    await pause(backoffMs(message.failedAlone, retry.retryMinMs, retry.retryMaxMs), undefined, { signal: run.signal });
    return attempt(handle, batch, retry, run);
  }
  run.dead.push({
    record: message.record,
    topic: message.topic,
    partition: message.partition,
    cause,
    attempts: message.attempt - 1,
  });
}
