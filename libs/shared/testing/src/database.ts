import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { askFor } from './ask.ts';

export interface TestDatabase {
  url: string;
  pool: pg.Pool;
  /** Removes the database; fails when a connection other than the pool's is still open, for that is a leak. */
  drop(): Promise<void>;
}

/** An empty database of one's own in the shared PostgreSQL. */
export async function testDatabase({ max = 10 }: { max?: number } = {}): Promise<TestDatabase> {
  const server = await askFor('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(server.url, (admin) => admin.query(`create database ${name}`));
  const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  const pool = new pg.Pool({ connectionString: url, max, connectionTimeoutMillis: 5_000 });
  // A test that kills or cuts connections is told by its queries; idle ones may just go.
  pool.on('error', () => undefined);
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      const leaked = await asAdministrator(server.url, async (admin) => {
        const open = await openSessions(admin, name);
        await admin.query(`drop database ${name} with (force)`);
        return open;
      });
      if (leaked.length > 0) throw new Error(`leaked ${leaked.length} database connection(s): ${leaked.join('; ')}`);
    },
  };
}

async function asAdministrator<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** What the sessions of a database did last. A closed connection's backend takes a moment to go. */
async function openSessions(admin: pg.Client, database: string): Promise<string[]> {
  const giveUpAt = performance.now() + 1_000;
  for (;;) {
    const sessions = await admin.query<{ query: string }>(
      `select left(query, 80) as query from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (sessions.rows.length === 0 || performance.now() > giveUpAt) return sessions.rows.map(({ query }) => query);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
