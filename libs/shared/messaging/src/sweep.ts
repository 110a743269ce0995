import type { CloudEvent } from '@ringshop/contracts';
import type { Logger, Pool } from '@ringshop/service-defaults';
import { decodeRow, type Encoded } from './encoding.ts';
import { swept } from './metrics.ts';

export interface Row {
  id: number;
  messages: Encoded[];
}

export interface SweepOptions {
  pool: Pool;
  logger: Logger | undefined;
  everyMs: number;
  afterMs: number;
  /** Ids this process has in memory already. */
  held: () => number[];
  hasRoom: () => boolean;
  take: (row: Row) => void;
}

const page = 200;

/**
 * Finds rows whose process died between COMMIT and hand-off, or had no room for them: rows older than `afterMs` that
 * nobody holds. A claim is a short transaction with SKIP LOCKED, so replicas sweep side by side; it ages like the row did,
 * so the rows of a claimant that died are found again.
 */
export class Sweep {
  readonly #options: SweepOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.run(), this.#options.everyMs);
    void this.run();
  }

  /** One sweep at a time; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { pool, logger, afterMs, held, hasRoom, take } = this.#options;
    try {
      while (!this.#stopped && hasRoom()) {
        const { rows } = await pool.query<{ id: number; messages: { topic: string; event: CloudEvent }[] }>({
          ...claim,
          values: [afterMs, held(), page],
        });
        if (rows.length === 0) return;
        swept.inc(rows.length);
        logger?.info({ rows: rows.length }, 'found outbox rows left behind');
        for (const { id, messages } of rows) take({ id, messages: decodeRow(messages) });
      }
    } catch (error) {
      logger?.warn({ err: error }, 'the outbox could not be swept; trying again');
    }
  }
}

// Not a named statement: only a plan made for these very values hashes the ids that are held.
const claim = {
  text: `UPDATE outbox SET claimed_at = now() WHERE id IN (
           SELECT id FROM outbox
           WHERE coalesce(claimed_at, created_at) <= now() - $1 * interval '1 millisecond' AND id <> ALL($2::bigint[])
           ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, messages`,
};
