import pg from 'pg';

/** @returns the URL of a new, empty database on this server */
export async function createDatabase(adminUrl: string, name: string): Promise<string> {
  await oneRow(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** The first row of an answer, or nothing; on a connection of its own. */
export async function oneRow(url: string, text: string, values: unknown[] = []): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, number>>(text, values)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}
