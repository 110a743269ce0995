import type { Pool, PoolClient } from '@ringshop/service-defaults';
import { failpoint } from '@ringshop/service-defaults';
import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { type Encoded, encode, encodeRow } from './encoding.ts';
import type { Outgoing } from './message.ts';
import type { Relay } from './relay.ts';

/** What a transaction's work can do. Only valid until that work has resolved. */
export interface Tx {
  /** Raw `pg`: name the statements of a hot path, so that each connection prepares them once. */
  query<Row extends QueryResultRow = QueryResultRow>(
    query: string | QueryConfig,
    values?: unknown[],
  ): Promise<QueryResult<Row>>;
  /**
   * Leaves a statement to be sent together with COMMIT, behind all others: a round trip less for one whose answer nobody needs.
   * When it fails the transaction rolls back and rejects with its error. What it writes is not there for `query` to read.
   */
  last(query: QueryConfig): void;
  /** Collects messages; they leave if, and only if, the transaction commits. */
  publish(messages: readonly Outgoing[]): void;
}

/**
 * State and messages change together, or not at all.
 *
 * Guaranteed: what a committed transaction published reaches Kafka at least once, whatever dies in between, because a row
 * with all of it is part of the transaction. What a rolled-back one published never leaves. When `transaction` resolves,
 * the database has committed. When it rejects it has rolled back, unless the connection broke during COMMIT: then nobody
 * knows, the row decides, and the caller must be safe to repeat.
 * Not guaranteed: exactly once (consumers dedupe by id), or order between transactions.
 */
export class Outbox {
  readonly #pool: Pool;
  readonly #relay: Relay;

  constructor({ pool, relay }: { pool: Pool; relay: Relay }) {
    this.#pool = pool;
    this.#relay = relay;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = pipelined(await this.#pool.connect());
    let broken = false;
    let reason: unknown;
    try {
      onePacket(client);
      // Not awaited: BEGIN travels together with the first statement.
      const begun = client.query('BEGIN');
      begun.catch(() => undefined);
      const messages: Encoded[] = [];
      const last: QueryConfig[] = [];
      const result = await work({
        query: (query, values) => {
          onePacket(client);
          const answer = client.query(query as string, values);
          answer.catch((error) => (reason ??= error));
          return answer;
        },
        last: (query) => void last.push(query),
        publish: (outgoing) => {
          for (const message of outgoing) messages.push(encode(message));
        },
      });
      await begun;
      failpoint('outbox.before-commit');
      await this.#commit(client, last, messages);
      return result;
    } catch (error) {
      broken = await rollBack(client);
      throw isAborted(error) ? (reason ?? error) : error;
    } finally {
      client.release(broken);
    }
  }

  async #commit(client: PoolClient, last: QueryConfig[], messages: Encoded[]): Promise<void> {
    // The ids belong to this transaction alone until it has ended: shared with another one, a rollback would lose them.
    const sent = messages.length > 0 ? this.#relay.takeSent() : [];
    try {
      if (messages.length > 0) last.push({ ...store, values: [encodeRow(messages), sent] });
      onePacket(client);
      // Of several that fail, the first is the reason.
      const results = await Promise.all(
        [...last, { text: 'COMMIT' }].map((query) => client.query<{ id: number }>(query)),
      );
      committed(results.at(-1)!);
      if (messages.length === 0) return;
      failpoint('outbox.committed');
      this.#relay.handOff(results.at(-2)!.rows[0]!.id, messages);
      this.#relay.forget(sent);
    } catch (error) {
      this.#relay.giveBack(sent);
      throw error;
    }
  }
}

/** Deleting what was sent rides along here: with transactions of its own it doubled the number of commits. */
const store = {
  name: 'outbox-store',
  text: `WITH sent AS (DELETE FROM outbox WHERE id = ANY($2::bigint[]))
         INSERT INTO outbox (messages) VALUES ($1) RETURNING id`,
};

/** Statements are sent without waiting for the answer to the one before: BEGIN and COMMIT then cost no round trip. */
function pipelined(client: PoolClient): PoolClient {
  return Object.assign(client, { pipeline: true });
}

/** What is asked within one turn leaves in one write: pg makes one for each statement, and each of them wakes the server. */
function onePacket({ connection: { stream } }: PoolClient): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Postgres answers COMMIT with ROLLBACK, and no error, when a statement had failed and the work went on regardless. */
function committed({ command }: QueryResult): void {
  if (command !== 'COMMIT')
    throw new Error('the transaction rolled back: a statement failed and its error was dropped');
}

/**
 * Whether the statement failed only because one before it had: of statements that are under way together, whoever waits for them
 * may hear of that one first. The reason decides whether the work is tried again.
 */
const isAborted = (error: unknown) => (error as { code?: string }).code === '25P02';

/** True when the connection is of no more use. */
async function rollBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    // The error that led here is the one to tell; without a connection the server rolls back by itself.
    return true;
  }
}
