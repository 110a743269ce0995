import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, Periodic, type Pool } from '@ringshop/service-defaults';
import { purged } from './metrics.ts';
import { PurgeStretches } from './purge-stretches.ts';

/** Which rows of a table are no longer needed. All of it becomes SQL: it is written by the app, never by its callers. */
export interface PurgeRule {
  table: string;
  /** Left out: all rows. A row that comes to match only later has to be given a new age by what makes it match. */
  where?: string;
  /** The column that tells the age of a row, by the clock of the database. */
  age: string;
  keepMs: number;
}

export interface PurgeOptions {
  pool: Pool;
  rules: readonly PurgeRule[];
  everyMs: number;
  logger: Logger;
  /** The most rows that one transaction deletes. */
  batch?: number;
  /** The most stretches of one table that a run looks at. */
  stretches?: number;
}

/** Pages of a table that are looked at together: some hundred to some thousand rows, in less than a millisecond. */
const stretchPages = 64;

/**
 * Deletes what is older than it has to be, on a slow walk through each table: stretch by stretch in the order of the pages,
 * and past those in which nothing can be old enough yet. So it needs no index, and with nothing to do it asks only how long
 * the table is.
 *
 * Guaranteed: nothing goes before its time. A transaction deletes a batch at most and waits for nobody: what somebody else
 * works on is left to the next run, so any number of replicas purge side by side. It never fails its service.
 * Not guaranteed: that something goes at once. A run is bounded, and a row that an operator's VACUUM FULL has moved may stay
 * up to twice its time.
 */
export class Purge {
  readonly #options: Required<PurgeOptions>;
  readonly #walks: { rule: PurgeRule; stretches: PurgeStretches }[];
  readonly #periodic: Periodic;
  #stopping = false;

  constructor(options: PurgeOptions) {
    this.#options = { batch: 500, stretches: 200, ...options };
    this.#walks = options.rules.map((rule) => ({ rule, stretches: new PurgeStretches() }));
    const { everyMs, logger } = options;
    this.#periodic = new Periodic({ everyMs, logger, what: 'purging', work: () => this.run() });
  }

  start(): void {
    this.#periodic.start();
  }

  /** Resolves after the batch under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#periodic.stop();
  }

  /** Once through every table; never rejects. @returns how many rows went */
  async run(): Promise<number> {
    let gone = 0;
    for (const { rule, stretches } of this.#walks) {
      try {
        for (const stretch of stretches.due(await this.#count(rule), this.#options.stretches, performance.now())) {
          if (this.#stopping) return gone;
          gone += await this.#purge(rule, stretches, stretch);
        }
      } catch (error) {
        this.#options.logger.warn({ err: error, table: rule.table }, 'could not be purged; the next run tries again');
      }
    }
    return gone;
  }

  async #purge(rule: PurgeRule, stretches: PurgeStretches, stretch: number): Promise<number> {
    const restMs = await this.#unhurried(() => this.#restMs(rule, stretch));
    if (restMs > 0) {
      stretches.nothingBefore(stretch, performance.now() + restMs);
      return 0;
    }
    // It stays due: what others have locked meanwhile is looked for again by the next run.
    let gone = 0;
    for (let last = this.#options.batch; last === this.#options.batch && !this.#stopping; gone += last) {
      last = await this.#unhurried(() => this.#delete(rule, stretch));
      purged.inc({ table: rule.table }, last);
    }
    return gone;
  }

  async #count({ table }: PurgeRule): Promise<number> {
    const { rows } = await this.#options.pool.query<{ pages: number }>(
      `SELECT pg_relation_size($1::regclass)::float8 / current_setting('block_size')::int AS pages`,
      [table],
    );
    return Math.ceil(rows[0]!.pages / stretchPages);
  }

  /** How long nothing in this stretch is old enough; 0 or less when something is. */
  async #restMs(rule: PurgeRule, stretch: number): Promise<number> {
    const { table, age, keepMs } = rule;
    const { rows } = await this.#options.pool.query<{ ageMs: number | null }>(
      `SELECT (extract(epoch FROM now() - min(${age})) * 1000)::float8 AS "ageMs" FROM ${table} WHERE ${within(rule)}`,
      pagesOf(stretch),
    );
    return Math.min(keepMs, keepMs - (rows[0]!.ageMs ?? 0));
  }

  async #delete(rule: PurgeRule, stretch: number): Promise<number> {
    const { table, age, keepMs } = rule;
    const { rowCount } = await this.#options.pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ${table}
         WHERE ${within(rule)} AND ${age} <= now() - $3 * interval '1 millisecond'
         LIMIT $4 FOR UPDATE SKIP LOCKED))`,
      [...pagesOf(stretch), keepMs, this.#options.batch],
    );
    return rowCount ?? 0;
  }

  /** Rests for as long as the work took: where a database is busy, that is longer. */
  async #unhurried<T>(work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await work();
    await pause(performance.now() - begin, undefined, { ref: false });
    return result;
  }
}

const within = ({ where = 'true' }: PurgeRule) => `ctid >= $1::tid AND ctid < $2::tid AND (${where})`;

const pagesOf = (stretch: number) => [stretch, stretch + 1].map((at) => `(${at * stretchPages},0)`);
