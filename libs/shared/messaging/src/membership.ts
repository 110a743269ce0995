import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, isTransient, type Logger } from '@ringshop/service-defaults';
import type { Consumer, EachBatchHandler } from 'kafkajs';
import { members } from './metrics.ts';

export interface MembershipOptions {
  consumer: Consumer;
  topics: string[];
  eachBatch: EachBatchHandler;
  /** Before each attempt to join. @returns how many partitions there are */
  check: () => Promise<number>;
  logger: Logger | undefined;
  /** Aborted when the service stops. */
  stopping: AbortSignal;
}

/**
 * A consumer's place in its group: not there yet, in it, out of it for a while, or dead. kafkajs comes back by itself when Kafka
 * was away; what it gives up for good nobody would notice but by `dead`.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #dead: string | undefined;
  #joined = false;
  #outSince: number | undefined;
  #joining: Promise<void> | undefined;
  #leaving = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  get dead(): string | undefined {
    return this.#dead;
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** By the wall clock, for people. */
  get outSince(): number | undefined {
    return this.#outSince;
  }

  /** @throws StartRefused. While Kafka is away it resolves all the same, and joins later: what a service owes is in its database. */
  async start(): Promise<void> {
    const { consumer, logger } = this.#options;
    const { CRASH, GROUP_JOIN } = consumer.events;
    members.add(this);
    consumer.on(GROUP_JOIN, () => {
      // While it stops kafkajs may still answer a rebalance, and join only to leave.
      if (this.#leaving) return;
      this.#joined = true;
      this.#outSince = undefined;
    });
    consumer.on(CRASH, ({ payload }) => {
      this.#outSince ??= Date.now();
      if (!payload.restart) this.#die(payload.error);
    });
    try {
      await this.#join();
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#outSince = Date.now();
      logger?.warn({ err: error }, 'Kafka cannot be reached; joining the group as soon as it can');
      this.#meanwhile(this.#insist(() => this.#join()));
    }
  }

  /** Leaves the group, so that others get its messages, until `probe` resolves. From inside a batch too: it is not waited for. */
  leaveUntil(probe: () => Promise<unknown>): void {
    this.#outSince ??= Date.now();
    this.#leaving = true;
    this.#meanwhile(this.#comeBack(probe));
  }

  async #comeBack(probe: () => Promise<unknown>): Promise<void> {
    await this.#options.consumer.stop();
    this.#leaving = false;
    await this.#insist(async () => {
      await probe();
      await this.#join();
    });
  }

  /** Lets a join that is under way come to its end, for a second: kafkajs forgets a stop that comes meanwhile. */
  async close(): Promise<void> {
    const patience = pause(1_000, undefined, { ref: false });
    for (let joining: Promise<void> | undefined; joining !== this.#joining; ) {
      joining = this.#joining;
      await Promise.race([joining, patience]);
    }
    members.delete(this);
  }

  async #insist(action: () => Promise<void>): Promise<void> {
    const { stopping: signal } = this.#options;
    for (let failures = 1; !signal.aborted; failures++) {
      await pause(backoffMs(failures, 100, 2_000), undefined, { signal }).catch(() => undefined);
      try {
        if (!signal.aborted) return await action();
      } catch (error) {
        if (!isTransient(error)) throw error;
      }
    }
  }

  async #join(): Promise<void> {
    const { consumer, topics, eachBatch, check, stopping } = this.#options;
    const partitions = await check();
    if (stopping.aborted) return;
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    // Not awaited: the group may have to wait for a member that was killed, and the service has other work meanwhile.
    this.#meanwhile(
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitions,
        eachBatch,
      }),
    );
  }

  /** Not waited for, except by a stop. What ends it is final. */
  #meanwhile(joining: Promise<void>): void {
    this.#joining = joining.catch((error) => this.#die(error));
  }

  #die(error: Error): void {
    this.#dead = `the consumer died: ${error.message}`;
    this.#options.logger?.error({ err: error }, 'the consumer died');
  }
}
