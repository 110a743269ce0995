import type { Logger, Pool } from '@ringshop/service-defaults';

/** Long enough to let a transaction take the ids along, short enough that a quiet outbox is soon empty. */
const idleMs = 250;

/**
 * Ids of rows that Kafka acknowledged and that are still in the table. Whoever takes them owns them until its transaction
 * has ended, and gives them back if it did not commit. Deleting an id twice is harmless; forgetting one is not.
 */
export class SentRows {
  readonly #pool: Pool;
  readonly #logger: Logger | undefined;
  #ids: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  readonly #deleted: (ids: readonly number[]) => void;

  constructor(pool: Pool, logger: Logger | undefined, deleted: (ids: readonly number[]) => void) {
    this.#pool = pool;
    this.#logger = logger;
    this.#deleted = deleted;
  }

  add(ids: readonly number[]): void {
    for (const id of ids) this.#ids.push(id);
    if (this.#ids.length > 0 && !this.#closed) this.#timer ??= setTimeout(() => void this.delete(), idleMs);
  }

  take(): number[] {
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }

  /** Deletes what no transaction took. Never rejects: what could not be deleted is tried again. */
  async delete(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = this.take();
    if (ids.length === 0) return;
    try {
      await this.#pool.query({
        name: 'outbox-delete',
        text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])',
        values: [ids],
      });
      this.#deleted(ids);
    } catch (error) {
      this.#logger?.warn({ err: error }, 'sent outbox rows could not be deleted yet');
      this.add(ids);
    }
  }

  /** One last try; what is left is published again, and deleted, by a later sweep. */
  close(): Promise<void> {
    this.#closed = true;
    return this.delete();
  }
}
