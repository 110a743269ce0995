import type { Client } from 'pg';
import type { Role } from './roles.ts';

/** Databases that every server has, and that nobody but the administrator has to do with. */
const ofTheServer = ['postgres', 'template1'];

/** Closes every database to all but its own role: by default a server lets each role into each database, to fill its disk. */
export async function closeDatabases(admin: Client, databases: string[], roles: Role[]): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database
     WHERE datname = ANY($1)
       AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0)`,
    [[...databases, ...ofTheServer]],
  );
  for (const { name } of rows) await admin.query(`REVOKE ALL ON DATABASE ${admin.escapeIdentifier(name)} FROM PUBLIC`);
  for (const { name, database } of roles) {
    const found = await admin.query<{ may: boolean }>(`SELECT has_database_privilege($1, $2, 'CONNECT') AS may`, [
      name,
      database,
    ]);
    if (found.rows[0]?.may) continue;
    const [to, on] = [name, database].map((each) => admin.escapeIdentifier(each));
    await admin.query(`GRANT CONNECT ON DATABASE ${on} TO ${to}`);
  }
}

/**
 * Gives the role exactly the privileges that its tables have in `role.tables`: what it lacks is granted, what it has beyond
 * that is taken. Answers the tables for which that was so.
 */
export async function grantTables(database: Client, { name, tables }: Role): Promise<string[]> {
  const to = database.escapeIdentifier(name);
  const changed: string[] = [];
  await database.query('BEGIN');
  for (const { table, held } of await privilegesOf(database, name)) {
    const wanted = (tables[table] ?? tables.others).toSorted();
    if (held.toSorted().join() === wanted.join()) continue;
    const on = database.escapeIdentifier(table);
    await database.query(`REVOKE ALL ON TABLE ${on} FROM ${to}`);
    if (wanted.length > 0) await database.query(`GRANT ${wanted.join(', ')} ON TABLE ${on} TO ${to}`);
    changed.push(table);
  }
  await database.query('COMMIT');
  return changed;
}

/** What the role may do with each table, and with single columns: `UPDATE (lockable)`. */
async function privilegesOf(database: Client, role: string): Promise<{ table: string; held: string[] }[]> {
  const { rows } = await database.query<{ table: string; held: string[] }>(
    `SELECT c.relname::text AS table,
            ARRAY(SELECT privilege_type FROM aclexplode(c.relacl) WHERE grantee = $1::regrole
                  UNION
                  SELECT format('%s (%s)', privilege_type, attname)
                  FROM pg_attribute a, aclexplode(a.attacl)
                  WHERE a.attrelid = c.oid AND grantee = $1::regrole) AS held
     FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
     ORDER BY 1`,
    [role],
  );
  return rows;
}
