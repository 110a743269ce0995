import { setTimeout as pause } from 'node:timers/promises';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { backoffMs, failpoint, Gatherer, type Logger } from '@ringshop/service-defaults';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { ReplyTopics } from './answerable.ts';
import { CutOff, handleAll, type RetryOptions } from './batch-handler.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { handlesOf } from './handles.ts';
import { Membership } from './membership.ts';
import { OffsetCommits } from './offset-commits.ts';
import { type Handle, type Received, readRecords } from './received.ts';
import { type Round, rounds } from './rounds.ts';
import { checkHandlers, checkTopics, messagesOn } from './startup-check.ts';

export interface KafkaBatchServerOptions extends Partial<RetryOptions> {
  kafka: Kafka;
  groupId: string;
  topics: string[];
  /** Topics that this service only writes to: with one of them missing it does not start either. */
  publishes?: readonly string[];
  /** Names of the messages that may arrive on a topic; what the contracts say, unless a test has topics of its own. */
  carries?: (topic: string) => readonly string[];
  logger?: Logger;
  /** After a kill -9 the group waits this long for the dead member. */
  sessionTimeoutMs?: number;
  /** Messages in one handler call. */
  maxBatch?: number | undefined;
  /**
   * Resolves when what the handlers need can be reached. A member that cannot reach it for a session time-out leaves the group
   * until it can: it beats all the while, so that Kafka would leave it its messages, whoever else could handle them.
   */
  probe?: () => Promise<unknown>;
}

const commitEveryMs = 100;
const usualSessionTimeoutMs = 10_000;

/**
 * That one leaves the group or joins it is told the others only with the answer to a heartbeat, and until all have joined anew
 * nobody gets a message: the third of a session time-out, as is usual, would be a pause of seconds at each restart.
 */
const longestHeartbeatMs = 500;

/**
 * Nest transport strategy: decorated methods get batches of messages over all partitions that have some.
 *
 * Guaranteed: an offset is committed only after the handlers of all messages before it have resolved, or their dead letters
 * are stored. So each message is handled at least once, whatever dies; handlers dedupe. A group that is new starts with
 * the oldest message. It does not start on a missing topic or a message type without a handler, and `live` turns red when
 * kafkajs has given up for good while the process lives on.
 * Not guaranteed: exactly once, or that nobody else handles the same batch. After a rebalance the old owner may still be
 * writing; the inbox, or the state of a natural key, decides.
 *
 * kafkajs fetches again only when every partition of the last fetch is done: what they share is one run.
 */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  readonly #options: KafkaBatchServerOptions;
  readonly #retry: RetryOptions;
  readonly #heartbeatMs: number;
  readonly #consumer: Consumer;
  readonly #deadLetters: DeadLetters;
  readonly #replyTopics: ReplyTopics;
  readonly #commits: OffsetCommits;
  readonly #member: Membership;
  readonly #stopping = new AbortController();
  readonly #runs = new Gatherer<EachBatchPayload, undefined>((payloads) => this.#run(payloads), { maxBatch: 1_000 });
  #handles = new Map<string, Handle>();

  constructor(options: KafkaBatchServerOptions) {
    super();
    const { kafka, groupId, topics, logger, sessionTimeoutMs = usualSessionTimeoutMs } = options;
    this.#options = options;
    this.#retry = {
      maxAttempts: options.maxAttempts ?? 3,
      retryMinMs: options.retryMinMs ?? 100,
      retryMaxMs: options.retryMaxMs ?? 5_000,
    };
    this.#heartbeatMs = Math.min(longestHeartbeatMs, Math.floor(sessionTimeoutMs / 3));
    this.#deadLetters = new DeadLetters({ kafka, logger, topics });
    this.#replyTopics = new ReplyTopics(kafka);
    this.#commits = new OffsetCommits(commitEveryMs, logger);
    this.#consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: this.#heartbeatMs,
      // Nobody waits longer for a member that is busy than for one that is dead: a zombie's batch is harmless.
      rebalanceTimeout: sessionTimeoutMs,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 5,
      // A stop waits for the fetch under way: this long at most when there is nothing to fetch.
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 512 * 1024,
      retry: { retries: 5 },
    });
    this.#member = new Membership({
      consumer: this.#consumer,
      topics,
      eachBatch: (payload) => this.#runs.submit(payload),
      check: () => checkTopics(kafka, topics, options.publishes),
      logger,
      stopping: this.#stopping.signal,
    });
  }

  /** Why this process should be restarted; for `Health`. */
  readonly live = (): string | undefined => this.#member.dead;
  /** Red until it has joined its group, and not again: what else the service does may go on without Kafka. */
  readonly ready = (): string | undefined =>
    this.live() ?? (this.#member.joined ? undefined : 'not in its consumer group yet');
  readonly note = (): string | undefined => {
    const { outSince } = this.#member;
    return outSince === undefined ? undefined : `not in its consumer group since ${new Date(outSince).toISOString()}`;
  };

  listen(callback: (error?: unknown) => void): void {
    this.#start().then(() => callback(), callback);
  }

  /** @throws StartRefused */
  async #start(): Promise<void> {
    const { topics, carries = messagesOn } = this.#options;
    this.#handles = handlesOf(this.messageHandlers);
    checkHandlers(topics, carries, [...this.#handles.keys()]);
    await this.#member.start();
  }

  /** Lets the handlers under way finish and commits what they did; a retry in progress is given up to whoever is next. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#member.close();
    await this.#runs.idle();
    await this.#commits.flush();
    await this.#consumer.disconnect();
    await this.#deadLetters.disconnect();
  }

  /** One fetch: the waiting records of all partitions. */
  async #run(payloads: EachBatchPayload[]): Promise<undefined[]> {
    const [{ heartbeat, isRunning }] = payloads as [EachBatchPayload];
    const lost = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
    const beat = setInterval(() => heartbeat().catch((error) => lost.abort(error)), this.#heartbeatMs);
    try {
      for (const round of rounds(payloads, this.#options.maxBatch ?? 500)) {
        if (!isRunning() || signal.aborted) break;
        await this.#handle(round, signal);
      }
      // kafkajs joins the group again when it hears this error.
      lost.signal.throwIfAborted();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#failed(lost.signal.aborted ? lost.signal.reason : error);
    } finally {
      clearInterval(beat);
    }
    return payloads.map(() => undefined);
  }

  #failed(error: unknown): void {
    const { probe, logger } = this.#options;
    if (!(error instanceof CutOff && probe)) throw error;
    logger?.warn({ err: error }, 'leaving the consumer group until what the handlers need is back');
    this.#member.leaveUntil(probe);
  }

  async #handle(round: Round, signal: AbortSignal): Promise<void> {
    const { logger, probe, sessionTimeoutMs = usualSessionTimeoutMs } = this.#options;
    const { received, dead } = readRecords(round, (name) => this.#handles.get(name));
    const answerable = await this.#withReplyTopic(received, dead, signal);
    await handleAll(answerable, this.#retry, { signal, logger, dead, awayMs: probe && sessionTimeoutMs });
    // Until they are stored nothing behind them is committed, so a dead letter is never lost.
    await this.#persist('dead letters could not be stored', signal, () => this.#deadLetters.move(dead));
    failpoint('consumer.before-commit');
    for (const { payload, messages } of round) payload.resolveOffset(messages.at(-1)!.offset);
    await this.#commits.after(round[0]!.payload);
  }

  async #withReplyTopic(received: Received[], dead: DeadLetter[], signal: AbortSignal): Promise<Received[]> {
    const look = () => this.#replyTopics.missing(received);
    const missing = await this.#persist('reply topics could not be looked up', signal, look);
    if (missing.size === 0) return received;
    const { wanted = [], lost = [] } = Object.groupBy(received, ({ event }) =>
      missing.has(event.replyto ?? '') ? 'lost' : 'wanted',
    );
    for (const { record, topic, partition } of lost) {
      dead.push({ record, topic, partition, cause: new Error('the topic for its answer does not exist'), attempts: 0 });
    }
    return wanted;
  }

  /** What depends on nothing but Kafka: tried again until it is there, or the partitions may be somebody else's. */
  async #persist<T>(failed: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await action();
      } catch (error) {
        this.#options.logger?.error({ err: error, failures }, `${failed}; trying again`);
        await pause(backoffMs(failures, this.#retry.retryMinMs, this.#retry.retryMaxMs), undefined, { signal });
      }
    }
  }

  on(): never {
    throw new Error('a batch server has no events: ask live() and ready()');
  }

  unwrap<T>(): T {
    return this.#consumer as T;
  }
}
