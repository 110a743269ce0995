import { setTimeout as pause } from 'node:timers/promises';
import { contentType } from '@ringshop/contracts';
import { backoffMs, type Logger } from '@ringshop/service-defaults';
import type { CompressionTypes, IHeaders, Kafka, Message, Producer, TopicMessages } from 'kafkajs';
import { keyPartitioner } from './partitioner.ts';

export interface Record {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers?: IHeaders;
  /** Where it does not follow from the key. */
  partition?: number;
}

export interface SenderOptions {
  kafka: Kafka;
  logger?: Logger | undefined;
  /** How long one send may take before it counts as failed. */
  deadlineMs?: number;
}

/**
 * Sends records, one request under way at a time.
 *
 * Guaranteed: `send` resolves only when every in-sync replica has each of the records, and settles within its deadline.
 * When it rejects, any of them may or may not be stored: the caller sends all of them again, and consumers dedupe by id.
 *
 * Hence no idempotent producer: it would remove only the duplicates of one session (not those of a crash), retries
 * without bound, and in kafkajs hands a sequence number back after a time-out, so that the broker may drop a later record
 * as its duplicate. And no retries inside kafkajs: after a change of leader it skips partitions that moved to a broker
 * which has answered already, and reports success.
 */
export class Sender {
  #failingSince: number | undefined;
  /** Whether anything was to be sent yet. */
  #asked = false;
  readonly #kafka: Kafka;
  readonly #logger: Logger | undefined;
  readonly #deadlineMs: number;
  #producer: Promise<Producer> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ kafka, logger, deadlineMs = 5_000 }: SenderOptions) {
    this.#kafka = kafka;
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  send(records: readonly Record[], compression?: CompressionTypes): Promise<void> {
    const sent = this.#last.then(() => this.#send(records, compression));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #send(records: readonly Record[], compression?: CompressionTypes): Promise<void> {
    this.#asked = true;
    try {
      await within(this.#deadlineMs, async () => {
        const producer = await this.#connected();
        // `timeout` is the broker's own: how long it waits for its replicas.
        await producer.sendBatch({
          topicMessages: byTopic(records),
          acks: -1,
          timeout: this.#deadlineMs,
          ...(compression && { compression }),
        });
      });
      this.#failingSince = undefined;
    } catch (error) {
      // A broker that says it knows no such topic is there.
      this.#failingSince = isUnknownTopic(error) ? undefined : (this.#failingSince ?? Date.now());
      // Nor may a send that was given up go on behind the next one's back: it goes with its connection.
      void this.disconnect();
      throw error;
    }
  }

  /** Epoch ms: since then Kafka has acknowledged nothing of what was tried. Undefined while all is well. */
  get failingSince(): number | undefined {
    return this.#failingSince;
  }

  /**
   * Optional: connects ahead of the first send, which otherwise does it, for as long as that takes. Once there is something
   * to send, that tells how it goes. Resolves also when `signal` puts an end to it.
   */
  async connect(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !this.#asked && !signal.aborted; failures++) {
      try {
        await this.#connected();
        if (!this.#asked) this.#failingSince = undefined;
        return;
      } catch (error) {
        this.#failingSince ??= Date.now();
        if (failures === 1) this.#logger?.warn({ err: error }, 'Kafka cannot be reached; trying on');
        await pause(backoffMs(failures, 100, 2_000), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #connected(): Promise<Producer> {
    this.#producer ??= this.#connect();
    return this.#producer;
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: keyPartitioner,
      allowAutoTopicCreation: false,
      idempotent: false,
      maxInFlightRequests: 1,
      retry: { retries: 0 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  /** Never rejects, and waits at most half a second: kafkajs would wait for the answers of a broker that is gone. */
  async disconnect(): Promise<void> {
    const connecting = this.#producer;
    this.#producer = undefined;
    if (!connecting) return;
    const closed = connecting
      .then((producer) => producer.disconnect())
      .catch((error) => this.#logger?.debug({ err: error }, 'a producer did not close cleanly'));
    await Promise.race([closed, pause(500, undefined, { ref: false })]);
  }
}

/** Whether the broker stored anything is unknown. */
export class DeadlineExceeded extends Error {
  override name = 'DeadlineExceeded';
}

export const isUnknownTopic = (error: unknown) =>
  saysOneOf(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION');
export const isTooLarge = (error: unknown) => saysOneOf(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE');

/** Whether the broker's answer was one of these. */
function saysOneOf(error: unknown, ...types: string[]): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (types.includes(String((at as Error & { type?: unknown }).type))) return true;
  }
  return false;
}

async function within(ms: number, action: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(`no acknowledgement within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([action(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const defaultHeaders: IHeaders = { 'content-type': contentType };

function byTopic(records: readonly Record[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers = defaultHeaders, partition } of records) {
    const message: Message = { key, value, headers, ...(partition !== undefined && { partition }) };
    const messages = topics.get(topic);
    if (messages) messages.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
