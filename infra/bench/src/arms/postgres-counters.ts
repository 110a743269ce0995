import { oneRow } from '../databases.ts';
import type { Arm } from './arm.ts';

type Counted = NonNullable<Arm['postgres']>;

/**
 * Transactions committed in these databases so far: what read counts as well as what wrote. Sessions report with a delay, so
 * take the difference between two moments of rest.
 */
export async function readCommits({ url, databases }: Counted): Promise<number> {
  const text = 'SELECT sum(xact_commit)::float8 AS n FROM pg_stat_database WHERE datname = ANY ($1)';
  return (await oneRow(url, text, [databases])).n!;
}

/** Bytes of write-ahead log that the server has written so far: exact at every moment, and of all its databases. */
export async function readWalPosition({ url }: Counted): Promise<number> {
  return (await oneRow(url, `SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS n`)).n!;
}
