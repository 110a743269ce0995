import { migrations as inventoryMigrations } from '@ringshop/inventory/migrations';
import { migrations as orderMigrations } from '@ringshop/order/migrations';
import { migrations as paymentMigrations } from '@ringshop/payment/migrations';
import { Client } from 'pg';
import { admitServices } from './admit-services.ts';
import { createDatabases, databaseOf, databasesOf, databaseUrl } from './databases.ts';
import { placeFirstMap, refuseOtherShards } from './first-placement.ts';
import { migrate } from './migrate.ts';
import { placementMigrations } from './migrations/index.ts';
import type { PostgresOptions } from './postgres-options.ts';
import { waitFor } from './wait-for.ts';

/** Databases, tables, slots, and the roles that services come with; a run at a time. @throws SetupRefused */
export async function setUpPostgres(options: PostgresOptions, note: (text: string) => void): Promise<void> {
  const { postgresUrl, shards, waitMs = 30_000 } = options;
  const admin = await waitFor('PostgreSQL', waitMs, () => connect(postgresUrl));
  try {
    // The lock lives as long as this connection: a run that is killed frees it.
    await admin.query(`SELECT pg_advisory_lock(hashtext('ringshop setup'))`);
    const { rows } = await admin.query(`SELECT FROM pg_database WHERE datname = 'placement'`);
    if (rows.length > 0) await migrateAll(postgresUrl, { placement: placementMigrations }, note);
    if (rows.length > 0) await refuseOtherShards(postgresUrl, shards);
    for (const name of await createDatabases(admin, databasesOf(shards))) note(`created database ${name}`);
    const orders = Object.fromEntries(shards.map((shard) => [databaseOf(shard), orderMigrations]));
    const others = { inventory: inventoryMigrations, payment: paymentMigrations, placement: placementMigrations };
    await migrateAll(postgresUrl, { ...orders, ...others }, note);
    if (await placeFirstMap(postgresUrl, shards)) note(`placed 4096 slots on ${shards.join(', ')}`);
    await admitServices(options, admin, note);
  } finally {
    await admin.end();
  }
}

async function migrateAll(
  postgresUrl: string,
  plan: Record<string, Parameters<typeof migrate>[1]>,
  note: (text: string) => void,
) {
  const runs = Object.entries(plan).map(async ([database, migrations]) => {
    const ran = await migrate(databaseUrl(postgresUrl, database), migrations);
    if (ran.length > 0) note(`migrated ${database}: ${ran.join(', ')}`);
  });
  await Promise.all(runs);
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  await client.connect();
  return client;
}
