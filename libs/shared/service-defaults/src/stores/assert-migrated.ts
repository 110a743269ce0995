/** The database lacks a migration that this build needs; `message` is the one line an operator needs. */
export class NotMigrated extends Error {
  override name = 'NotMigrated';
}

/** A TypeORM migration class: it is known in the database by its `name`, or else by its class's name. */
export type MigrationClass = new () => object & { name?: string };

interface Queryable {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Refuses a schema that is older than the code. A newer one is let pass: while a release rolls out, old replicas run
 * on the new schema, which a migration therefore must not break.
 * @throws NotMigrated
 */
export async function assertMigrated(database: Queryable, migrations: readonly MigrationClass[]): Promise<void> {
  const { rows: found } = await database.query(`SELECT to_regclass('migrations') IS NOT NULL AS exists`);
  const { rows } = found[0]?.exists ? await database.query('SELECT name FROM migrations') : { rows: [] };
  const done = new Set(rows.map(({ name }) => name));
  const missing = migrations.map((migration) => new migration().name ?? migration.name).filter((it) => !done.has(it));
  if (missing.length > 0) {
    throw new NotMigrated(`the database is not migrated (missing: ${missing.join(', ')}): run setup first`);
  }
}
