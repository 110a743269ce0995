import { DataSource, type MigrationInterface } from 'typeorm';

/** Runs what is missing, each migration in its own transaction. Answers the names of those that ran. */
export async function migrate(url: string, migrations: (new () => MigrationInterface)[]): Promise<string[]> {
  const source = new DataSource({ type: 'postgres', url, migrations, migrationsTransactionMode: 'each' });
  await source.initialize();
  try {
    const ran = await source.runMigrations();
    return ran.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}
