import { migrations as inventoryMigrations } from '@ringshop/inventory/migrations';
import { createKafka } from '@ringshop/messaging';
import { migrations as orderMigrations } from '@ringshop/order/migrations';
import { migrations as paymentMigrations } from '@ringshop/payment/migrations';
import { Client } from 'pg';
import { createDatabases, databaseOf, databasesOf, databaseUrl } from './databases.ts';
import { placeFirstMap, refuseOtherShards } from './first-placement.ts';
import { migrate } from './migrate.ts';
import { placementMigrations } from './migrations/index.ts';
import { writePartSecrets } from './part-secrets.ts';
import { addMissingSecrets } from './secrets.ts';
import { createTopics, topicsOf } from './topics.ts';
import { waitFor } from './wait-for.ts';

export interface SetupOptions {
  /** The server as its administrator; the databases of the parts are created in it. */
  postgresUrl: string;
  kafkaBrokers: string[];
  shards: string[];
  /** Where `secrets.env` belongs, and the folder `secrets` with what each part may see of it. */
  dir: string;
  replicationFactor?: number;
  /** How long a server may take to answer. */
  waitMs?: number;
  /** Told each thing that was done, one line each; nothing when nothing was to be done. */
  onNote?: (note: string) => void;
}

/**
 * Everything that has to be there before the first app starts. Running it again changes nothing; two runs at once
 * take turns. A run that dies half-way is finished by the next.
 * @throws SetupRefused
 */
export async function setup(options: SetupOptions): Promise<void> {
  const note = options.onNote ?? (() => undefined);
  await Promise.all([setUpPostgres(options, note), setUpKafka(options, note)]);
}

async function setUpPostgres(options: SetupOptions, note: (text: string) => void) {
  const { postgresUrl, shards, dir, waitMs = 30_000 } = options;
  const admin = await waitFor('PostgreSQL', waitMs, () => connect(postgresUrl));
  try {
    // The lock lives as long as this connection: a run that is killed frees it.
    await admin.query(`SELECT pg_advisory_lock(hashtext('ringshop setup'))`);
    const { secrets, added } = await addMissingSecrets(dir);
    if (added.length > 0) note(`wrote new keys to secrets.env: ${added.join(', ')}`);
    await writePartSecrets(dir, shards, secrets);
    const { rows } = await admin.query(`SELECT FROM pg_database WHERE datname = 'placement'`);
    if (rows.length > 0) await migrateAll(postgresUrl, { placement: placementMigrations }, note);
    if (rows.length > 0) await refuseOtherShards(postgresUrl, shards);
    for (const name of await createDatabases(admin, databasesOf(shards))) note(`created database ${name}`);
    const orders = Object.fromEntries(shards.map((shard) => [databaseOf(shard), orderMigrations]));
    const others = { inventory: inventoryMigrations, payment: paymentMigrations, placement: placementMigrations };
    await migrateAll(postgresUrl, { ...orders, ...others }, note);
    if (await placeFirstMap(postgresUrl, shards)) note(`placed 4096 slots on ${shards.join(', ')}`);
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

async function setUpKafka(options: SetupOptions, note: (text: string) => void) {
  const { kafkaBrokers, shards, replicationFactor = 1, waitMs = 30_000 } = options;
  const admin = createKafka({ clientId: 'ringshop-setup', brokers: kafkaBrokers }).admin();
  try {
    await waitFor('Kafka', waitMs, () => admin.connect());
    const created = await waitFor('Kafka', waitMs, () => createTopics(admin, topicsOf(shards), replicationFactor));
    for (const topic of created) note(`created topic ${topic}`);
  } finally {
    await admin.disconnect();
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  await client.connect();
  return client;
}
