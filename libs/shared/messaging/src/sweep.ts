import type { CloudEvent } from '@ringshop/contracts';
import { type Logger, Periodic, type Pool } from '@ringshop/service-defaults';
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
  readonly #periodic: Periodic;
  #stopped = false;

  constructor(options: SweepOptions) {
    this.#options = options;
    const { everyMs, logger } = options;
    this.#periodic = new Periodic({ everyMs, what: 'the sweep of the outbox', logger, work: () => this.#sweep() });
  }

  start(): void {
    this.#periodic.start();
  }

  /** Also in the middle of a sweep, once the rows it has just claimed are taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#periodic.stop();
  }

  async #sweep(): Promise<void> {
    const { pool, logger, afterMs, held, hasRoom, take } = this.#options;
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
