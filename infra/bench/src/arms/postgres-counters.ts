import pg from 'pg';
import type { Arm } from './arm.ts';

type Counted = NonNullable<Arm['postgres']>;

/**
 * Transactions committed in these databases so far: what read counts as well as what wrote. Sessions report with a delay, so
 * take the difference between two moments of rest.
 */
export function readCommits({ url, databases }: Counted): Promise<number> {
  return one(url, 'SELECT sum(xact_commit)::float8 AS n FROM pg_stat_database WHERE datname = ANY ($1)', [databases]);
}

/** Bytes of write-ahead log that the server has written so far: exact at every moment, and of all its databases. */
export function readWalPosition({ url }: Counted): Promise<number> {
  return one(url, `SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS n`, []);
}

async function one(url: string, text: string, values: unknown[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ n: number }>(text, values)).rows[0]!.n;
  } finally {
    await client.end();
  }
}
