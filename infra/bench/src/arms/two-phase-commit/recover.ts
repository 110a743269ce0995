import type pg from 'pg';
import { gidPrefix, nameIn, type Sessions } from './coordinator.ts';
import { databaseNames, decisionLog } from './two-phase-sql.ts';

export const coordinatorName = 'two-phase-coordinator';

export interface Recovered {
  committed: number;
  rolledBack: number;
}

/**
 * Ends what a coordinator that died left prepared: what was decided is committed, the rest is rolled back. Until then its rows
 * stay locked, for everybody: so nothing else is done before, not even a look whether tables are there. Asked again, after a
 * crash of its own too, it comes to the same end.
 */
export async function recover(sessions: Sessions): Promise<Recovered> {
  // A session outlives its client by the statement that it is at: none may prepare or decide behind our back.
  for (const name of databaseNames) await endOldSessions(sessions[name]);
  await sessions.order.query(decisionLog);
  const { rows } = await sessions.order.query<{ gid: string }>('SELECT gid FROM decisions');
  const decided = new Set(rows.map(({ gid }) => gid));
  const recovered = { committed: 0, rolledBack: 0 };
  for (const name of databaseNames) {
    for (const gid of await preparedIn(sessions[name])) {
      const commit = decided.has(gid);
      await sessions[name].query(`${commit ? 'COMMIT' : 'ROLLBACK'} PREPARED '${nameIn(name, gid)}'`);
      recovered[commit ? 'committed' : 'rolledBack']++;
    }
  }
  await sessions.order.query('DELETE FROM decisions WHERE gid = ANY ($1)', [[...decided]]);
  return recovered;
}

async function endOldSessions(session: pg.ClientBase): Promise<void> {
  await session.query(
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`,
    [coordinatorName],
  );
}

/** Without the database in their names. */
export async function preparedIn(session: pg.ClientBase): Promise<string[]> {
  const { rows } = await session.query<{ gid: string }>(
    'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)',
    [gidPrefix],
  );
  return rows.map(({ gid }) => gid.slice(0, gid.lastIndexOf(':')));
}
