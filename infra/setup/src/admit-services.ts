import { existsSync } from 'node:fs';
import type { Client } from 'pg';
import { databaseOf, databasesOf, databaseUrl } from './databases.ts';
import { closeDatabases, grantTables } from './grants.ts';
import { personalDataKeysIn } from './key-file.ts';
import { writePartSecrets } from './part-secrets.ts';
import type { PostgresOptions } from './postgres-options.ts';
import { createRoles, rolesOf } from './roles.ts';
import { addMissingSecrets, takeOutSecret } from './secrets.ts';
import { SetupRefused } from './setup-refused.ts';
import { withClient } from './with-client.ts';

/**
 * Gives each service its role, its rights and its secrets. After the migrations: it is their tables that the roles may use. Under
 * the lock of the caller, since two at once would make up different passwords.
 */
export async function admitServices(
  options: PostgresOptions,
  admin: Client,
  note: (text: string) => void,
): Promise<void> {
  const { postgresUrl, postgresAddress, shards, dir } = options;
  const roles = rolesOf(shards);
  const { secrets, added } = await addMissingSecrets(
    dir,
    roles.map(({ password }) => password),
  );
  if (added.length > 0) note(`wrote to secrets.env: ${added.join(', ')}`);
  if (secrets.PERSONAL_DATA_KEYS === undefined) await refuseLostKeys(options);
  await placePersonalDataKeys(dir, secrets.PERSONAL_DATA_KEYS, note);
  for (const name of await createRoles(admin, roles, secrets)) note(`gave role ${name} its password`);
  await closeDatabases(admin, databasesOf(shards), roles);
  for (const role of roles) {
    const changed = await withClient(databaseUrl(postgresUrl, role.database), (each) => grantTables(each, role));
    if (changed.length > 0) note(`gave role ${role.name} its rights on ${changed.join(', ')}`);
  }
  const serverUrl = Object.assign(new URL(postgresUrl), postgresAddress && { host: postgresAddress }).href;
  await writePartSecrets({ dir, shards, secrets, serverUrl });
}

/** A file of secrets from before the ring had a file of its own has the ring; what was sealed with it must go on opening. */
async function placePersonalDataKeys(dir: string, older: string | undefined, note: (text: string) => void) {
  const file = personalDataKeysIn(dir);
  if (await file.create(older)) note('wrote the keys for personal data');
  if (older === undefined || older.trim() !== (await file.text())) return;
  await takeOutSecret(dir, 'PERSONAL_DATA_KEYS');
  note('took the keys for personal data out of secrets.env: they have a file of their own');
}

/** A new ring in the place of a lost one would open nothing that is there. @throws SetupRefused */
async function refuseLostKeys({ dir, postgresUrl, shards }: PostgresOptions): Promise<void> {
  const { path } = personalDataKeysIn(dir);
  if (existsSync(path)) return;
  for (const shard of shards) {
    const { rowCount } = await withClient(databaseUrl(postgresUrl, databaseOf(shard)), (database) =>
      database.query('SELECT FROM customer_keys WHERE sealed_key IS NOT NULL LIMIT 1'),
    );
    if (rowCount) throw new SetupRefused(`${path} is missing and ${shard} has data sealed under it: bring it back`);
  }
}
