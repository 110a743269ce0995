import pg from 'pg';
import { RetriableError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

export interface PoolOptions {
  max: number;
  name?: string;
  logger?: Logger;
  /** Callers that may queue for a connection before further ones are refused. */
  maxWaiting?: number;
  connectTimeoutMs?: number;
  statementTimeoutMs?: number;
}

type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** pg queues callers without bound; behind a stalled database that is a memory leak with late answers. */
class BoundedPool extends pg.Pool {
  readonly #maxWaiting: number;

  constructor(config: pg.PoolConfig, maxWaiting: number) {
    super(config);
    this.#maxWaiting = maxWaiting;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): unknown {
    if (this.waitingCount < this.#maxWaiting) return callback ? super.connect(callback) : super.connect();
    const full = new RetriableError('the queue for a database connection is full');
    return callback ? callback(full, undefined, () => undefined) : Promise.reject(full);
  }
}

/**
 * Every statement of a service finds its rows by key, however large the table is. Left alone, the planner keeps the plan
 * it made for a prepared statement while the table was new and empty, a sequential scan, and with it reads the whole of a
 * growing table for each batch: half a core at a thousand orders a second, until statistics are next taken.
 */
const byKey = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

/**
 * The server ends what takes too long. It cannot tell so over a connection that has gone deaf, behind a router that forgot
 * it, say: there the client gives up by itself, a little later, and with it the connection.
 */
export const statementTimeouts = (ms = 10_000) => ({ statement_timeout: ms, query_timeout: ms + 2_000 });

/**
 * A pool in which nothing waits for ever: not for a connection, a statement, or a forgotten transaction. `bigint` columns
 * are numbers (amounts fit), and one that is not exact throws instead of being rounded.
 */
export function createPool(url: string, options: PoolOptions): Pool {
  const pool = new BoundedPool(
    {
      connectionString: url,
      max: options.max,
      application_name: options.name ?? process.env.NAME ?? 'ringshop',
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      ...statementTimeouts(options.statementTimeoutMs),
      idle_in_transaction_session_timeout: 10_000,
      keepAlive: true,
      options: byKey,
      types: { getTypeParser },
    },
    options.maxWaiting ?? 500,
  );
  // An idle connection that the server ends emits here; without a listener it would end the process.
  pool.on('error', (error) => options.logger?.warn({ err: error }, 'an idle database connection was lost'));
  // One in use emits on itself, with the same end; that its query rejects tells the caller.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return oid === pg.types.builtins.INT8 && format !== 'binary' ? exactInteger : pg.types.getTypeParser(oid, format);
}

function exactInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint does not fit a number');
  return value;
}
