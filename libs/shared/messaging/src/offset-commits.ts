import type { Logger } from '@ringshop/service-defaults';
import type { EachBatchPayload } from 'kafkajs';

export type Handled = Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'uncommittedOffsets'>;

/**
 * Commits the offsets of handled messages: at once after a pause, at most every so often while batches follow each other.
 * A commit is an append to the broker's log, as a produce is, and under load there was one for each batch.
 *
 * Guaranteed: only what was handled is committed, within `everyMs` of it. What a crash or a rebalance leaves uncommitted is
 * delivered again, as it is when they strike just before a commit: handlers dedupe.
 */
export class OffsetCommits {
  readonly #everyMs: number;
  readonly #logger: Logger | undefined;
  #committedAt = Number.NEGATIVE_INFINITY;
  #pending: Handled | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, logger?: Logger) {
    this.#everyMs = everyMs;
    this.#logger = logger;
  }

  /** Call it once all offsets of a batch are resolved. @throws what kafkajs throws when it has to join its group again */
  async after(batch: Handled): Promise<void> {
    const waitMs = this.#committedAt + this.#everyMs - performance.now();
    this.#pending = batch;
    if (waitMs <= 0) return this.#commit();
    this.#timer ??= setTimeout(() => void this.flush(), waitMs);
  }

  /** Commits what is left. Never rejects: the group may have moved on, and then somebody else gets it. */
  async flush(): Promise<void> {
    try {
      await this.#commit();
    } catch (error) {
      this.#logger?.debug({ err: error }, 'offsets could not be committed; what they stand for is delivered again');
    }
  }

  async #commit(): Promise<void> {
    const batch = this.#pending;
    this.#pending = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!batch) return;
    this.#committedAt = performance.now();
    await batch.commitOffsetsIfNecessary(batch.uncommittedOffsets());
  }
}
