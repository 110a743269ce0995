import pg from 'pg';
import { cpuMsByPart } from '../cpu.ts';
import type { Arm } from './arm.ts';

/** The databases of all shards are one line: each does its part of the same work. */
export const databaseKinds = ['order', 'inventory', 'payment'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export interface DatabaseWork {
  cpuMs: number;
  walBytes: number;
  commits: number;
}
export type ByDatabase = Record<DatabaseKind, DatabaseWork>;

/** Of each session: its database, its WAL, its CPU. Of each database: its commits. */
export interface SessionsSoFar {
  sessions: Map<number, { kind: DatabaseKind; cpuMs: number; walBytes: number }>;
  commits: Record<DatabaseKind, number>;
}

const kindOf = (database: string) => databaseKinds.find((kind) => database === kind || database.startsWith(`${kind}_`));

export async function readSessions({ url }: NonNullable<Arm['postgres']>): Promise<SessionsSoFar> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number; database: string; bytes: number }>(
      `SELECT a.pid, a.datname AS database, coalesce(w.wal_bytes, 0)::float8 AS bytes
         FROM pg_stat_activity a LEFT JOIN LATERAL pg_stat_get_backend_wal(a.pid) w ON true WHERE a.datname IS NOT NULL`,
    );
    const cpu = cpuMsByPart(Object.fromEntries(rows.map(({ pid }) => [pid, pid])));
    const sessions = rows.flatMap(({ pid, database, bytes }) => {
      const kind = kindOf(database);
      return kind ? [[pid, { kind, cpuMs: cpu[pid]!, walBytes: bytes }] as const] : [];
    });
    const counted = await client.query<{ database: string; commits: number }>(
      'SELECT datname AS database, xact_commit::float8 AS commits FROM pg_stat_database WHERE datname IS NOT NULL',
    );
    const commits = { order: 0, inventory: 0, payment: 0 };
    for (const { database, commits: count } of counted.rows) {
      const kind = kindOf(database);
      if (kind) commits[kind] += count;
    }
    return { sessions: new Map(sessions), commits };
  } finally {
    await client.end();
  }
}

/**
 * What was done between two readings. Sessions tell of their WAL and commits up to ten seconds late, and one that has ended
 * tells nothing: this is for how the work is divided, and the server's own totals say how much it was.
 */
export function workBetween(before: SessionsSoFar, after: SessionsSoFar): ByDatabase {
  const commits = (kind: DatabaseKind) => after.commits[kind] - before.commits[kind];
  const nothing = (kind: DatabaseKind) => ({ cpuMs: 0, walBytes: 0, commits: commits(kind) });
  const work: ByDatabase = { order: nothing('order'), inventory: nothing('inventory'), payment: nothing('payment') };
  for (const [pid, { kind, cpuMs, walBytes }] of after.sessions) {
    const began = before.sessions.get(pid);
    work[kind].cpuMs += cpuMs - (began?.cpuMs ?? 0);
    work[kind].walBytes += walBytes - (began?.walBytes ?? 0);
  }
  return work;
}

/** The totals of an order, divided between the databases as the observed work was. */
export function divide(total: DatabaseWork, observed: ByDatabase[]): ByDatabase {
  const seen = (kind: DatabaseKind, of: keyof DatabaseWork) => observed.reduce((sum, work) => sum + work[kind][of], 0);
  const share = (kind: DatabaseKind, of: keyof DatabaseWork) =>
    (total[of] * seen(kind, of)) / databaseKinds.reduce((sum, each) => sum + seen(each, of), 0);
  const part = (kind: DatabaseKind): DatabaseWork => ({
    cpuMs: share(kind, 'cpuMs'),
    walBytes: share(kind, 'walBytes'),
    commits: share(kind, 'commits'),
  });
  return { order: part('order'), inventory: part('inventory'), payment: part('payment') };
}
