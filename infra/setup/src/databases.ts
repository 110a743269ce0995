import type { Client } from 'pg';

/** `order-1` → `order_1`: a name that needs no quoting. */
export const databaseOf = (shard: string): string => shard.replaceAll('-', '_');

/** Every database of the system, by the part that owns it. */
export const databasesOf = (shards: string[]): string[] => [
  ...shards.map(databaseOf),
  'inventory',
  'payment',
  'placement',
];

/** The server's URL with another database in it. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** CREATE DATABASE knows no IF NOT EXISTS and no transaction: the caller's lock is what keeps two runs apart. */
export async function createDatabases(admin: Client, names: string[]): Promise<string[]> {
  const { rows } = await admin.query<{ datname: string }>('SELECT datname FROM pg_database');
  const there = new Set(rows.map(({ datname }) => datname));
  const missing = names.filter((name) => !there.has(name));
  for (const name of missing) await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)}`);
  return missing;
}
