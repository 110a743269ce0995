import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { firstMap } from '@ringshop/placement';
import { freePort, type PostgresServer, startPostgres } from '@ringshop/servers';
import { ownKafka, testFolder } from '@ringshop/testing';
import { Kafka, logLevel } from 'kafkajs';
import { Client, type QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl } from './databases.ts';
import { personalDataKeysIn } from './key-file.ts';
import { type SetupOptions, setup } from './setup.ts';
import { SetupRefused } from './setup-refused.ts';

const shards = ['order-1', 'order-2'];
const dir = testFolder('setup');
let postgres: PostgresServer;
let kafka: Awaited<ReturnType<typeof ownKafka>>;
let options: SetupOptions;

beforeAll(async () => {
  [postgres, kafka] = await Promise.all([freePort().then((port) => startPostgres({ dir, port })), ownKafka()]);
  const { brokers } = kafka.server;
  options = { postgresUrl: postgres.url, kafkaBrokers: brokers, shards, dir: `${dir}/secrets`, waitMs: 10_000 };
});

afterAll(async () => {
  await Promise.all([postgres?.stop(), kafka?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

async function rows<Row extends QueryResultRow>(database: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl(postgres.url, database) });
  await client.connect();
  return client
    .query<Row>(sql)
    .then((result) => result.rows)
    .finally(() => client.end());
}

async function topics() {
  const admin = new Kafka({ brokers: options.kafkaBrokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicMetadata()).topics;
  } finally {
    await admin.disconnect();
  }
}

const owned = async () => ({
  one: await rows<{ slot: number }>('order_1', 'SELECT slot, epoch::int FROM owned_slots ORDER BY slot'),
  two: await rows<{ slot: number }>('order_2', 'SELECT slot, epoch::int FROM owned_slots ORDER BY slot'),
});

describe('setup', () => {
  it('makes everything once, though two of it run at once', async () => {
    const notes: string[] = [];
    const noting = { ...options, onNote: (note: string) => notes.push(note) };
    await Promise.all([setup(noting), setup(noting)]);
    expect(notes.filter((note) => note.startsWith('placed'))).toEqual(['placed 4096 slots on order-1, order-2']);
    expect(notes.filter((note) => note === 'created database order_1')).toHaveLength(1);
    const map = firstMap(shards);
    expect(await rows('placement', 'SELECT epoch::int, members, slots FROM placement_maps')).toEqual([map]);
    const { one, two } = await owned();
    expect(one).toEqual(map.slots.flatMap((owner, slot) => (owner === 'order-1' ? [{ slot, epoch: 1 }] : [])));
    expect(one.length + two.length).toBe(4096);
    const [products] = await rows<{ count: number }>('inventory', 'SELECT count(*)::int FROM products');
    expect(products?.count).toBe(1000);
  });

  it('gives every topic six partitions and dead letters that are admitted at twice the size', async () => {
    const found = await topics();
    const names = [
      'inventory.commands',
      'payment.commands',
      'order.events',
      ...shards.map((s) => `order.replies.${s}`),
    ];
    for (const name of names.flatMap((topic) => [topic, `${topic}.dlq`])) {
      expect(found.find((topic) => topic.name === name)?.partitions, name).toHaveLength(6);
    }
  });

  it('writes keys that only their owner can read, and adds what a file lacks without changing the rest', async () => {
    const path = `${dir}/secrets/secrets.env`;
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const keys = await readFile(path, 'utf8');
    const { PAYMENT_TOKEN_KEYS, INTERNAL_CALL_KEYS } = parseEnv(keys);
    for (const ring of [PAYMENT_TOKEN_KEYS, INTERNAL_CALL_KEYS]) expect(ring).toMatch(/^k1:[\w+/]{43}=$/);
    await setup(options);
    expect(await readFile(path, 'utf8')).toBe(keys);
    const older = `# mine\n${keys.split('\n')[0]}`;
    await writeFile(path, older);
    await setup(options);
    const whole = await readFile(path, 'utf8');
    expect(whole.startsWith(`${older}\nINTERNAL_CALL_KEYS=k1:`)).toBe(true);
    expect(Object.keys(parseEnv(whole))).toEqual(Object.keys(parseEnv(keys)));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('writes the keys for personal data once, into a file that can change while shards run', async () => {
    const path = personalDataKeysIn(options.dir).path;
    const ring = await readFile(path, 'utf8');
    expect(ring).toMatch(/^k1:[\w+/]{43}=\n$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await setup(options);
    expect(await readFile(path, 'utf8')).toBe(ring);
    await rm(path);
    const secrets = `${dir}/secrets/secrets.env`;
    const before = await readFile(secrets, 'utf8');
    const old = `k7:${Buffer.alloc(32, 7).toString('base64')}`;
    await writeFile(secrets, `${before}PERSONAL_DATA_KEYS=${old}\n`);
    await setup(options);
    expect(await readFile(path, 'utf8')).toBe(`${old}\n`);
    // Once: a key that is retired in its own file would lie there for ever.
    expect(await readFile(secrets, 'utf8')).toBe(before);
    // Of another ring nobody knows whether it is still needed.
    const other = `${before}PERSONAL_DATA_KEYS=k1:${Buffer.alloc(32, 1).toString('base64')}\n`;
    await writeFile(secrets, other);
    await setup(options);
    expect([await readFile(path, 'utf8'), await readFile(secrets, 'utf8')]).toEqual([`${old}\n`, other]);
    await writeFile(secrets, before);
  });

  it('makes no new keys for personal data where a shard has data under keys that are lost', async () => {
    const { path } = personalDataKeysIn(options.dir);
    const ring = await readFile(path, 'utf8');
    await rows(
      'order_2',
      "INSERT INTO customer_keys (customer_id, sealed_key) VALUES (gen_random_uuid(), 'k7.sealed')",
    );
    await rm(path);
    await expect(setup(options)).rejects.toThrow(/personal-data\/keys is missing and order-2 has data sealed under it/);
    await writeFile(path, ring);
    await setup(options);
    await rows('order_2', 'DELETE FROM customer_keys');
  });

  it('shows each part its own secrets only', async () => {
    const shown = async (part: string) => {
      const path = `${dir}/secrets/secrets/${part}/secrets.env`;
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      return parseEnv(await readFile(path, 'utf8'));
    };
    const all = parseEnv(await readFile(`${dir}/secrets/secrets.env`, 'utf8'));
    const { INTERNAL_CALL_KEYS, PAYMENT_TOKEN_KEYS } = all;
    const urlOf = (role: string, database = role) => {
      const login = { username: role, password: all[`${role.toUpperCase()}_PASSWORD`]!, host: 'postgres:5432' };
      return Object.assign(new URL(databaseUrl(postgres.url, database)), login).href;
    };
    const PLACEMENT_URL = urlOf('placement_reader', 'placement');
    const ofOrder = { PLACEMENT_URL, PAYMENT_TOKEN_KEYS, INTERNAL_CALL_KEYS };
    await setup({ ...options, postgresAddress: 'postgres:5432' });
    expect(await shown('gateway')).toEqual({ INTERNAL_CALL_KEYS });
    expect(await shown('order-1')).toEqual({ DATABASE_URL: urlOf('order_1'), ...ofOrder });
    expect(await shown('order-2')).toEqual({ DATABASE_URL: urlOf('order_2'), ...ofOrder });
    expect(await shown('inventory')).toEqual({ DATABASE_URL: urlOf('inventory'), INTERNAL_CALL_KEYS });
    expect(await shown('payment')).toEqual({ DATABASE_URL: urlOf('payment'), PAYMENT_TOKEN_KEYS });
    expect((await readdir(`${dir}/secrets/secrets`)).toSorted()).toEqual([
      'gateway',
      'inventory',
      'order-1',
      'order-2',
      'payment',
      'personal-data',
    ]);
  });

  it('changes nothing when it runs again, and says nothing', async () => {
    const before = await owned();
    await rows('placement', `UPDATE placement_maps SET created_at = '2026-01-01'`);
    const notes: string[] = [];
    await setup({ ...options, onNote: (note) => notes.push(note) });
    expect(notes).toEqual([]);
    expect(await owned()).toEqual(before);
    const [map] = await rows<{ created_at: Date }>('placement', 'SELECT created_at FROM placement_maps');
    expect(map?.created_at.getFullYear()).toBe(2026);
  });

  it('finishes what a run that died between the shards and the map has begun', async () => {
    await rows('placement', 'DELETE FROM placement_maps');
    await rows('order_1', 'DELETE FROM owned_slots WHERE slot < 2000');
    await rows(
      'order_2',
      'INSERT INTO owned_slots SELECT slot, 1 FROM generate_series(0, 4095) AS slot ON CONFLICT DO NOTHING',
    );
    await setup(options);
    const map = firstMap(shards);
    const { one, two } = await owned();
    expect(one.every(({ slot }) => map.slots[slot] === 'order-1')).toBe(true);
    expect(one.length + two.length).toBe(4096);
  });

  it('refuses other shards than the system has, before it creates any of them', async () => {
    const three = setup({ ...options, shards: [...shards, 'order-3'] });
    await expect(three).rejects.toThrow(
      'this system has the shards 2 (order-1, order-2), not 3 (order-1, order-2, order-3)',
    );
    expect(await rows('postgres', `SELECT FROM pg_database WHERE datname = 'order_3'`)).toHaveLength(0);
  });

  it('gives up on a server that does not answer, in one line', async () => {
    const port = await freePort();
    const nowhere = { ...options, kafkaBrokers: [`127.0.0.1:${port}`], waitMs: 300 };
    await expect(setup(nowhere)).rejects.toThrow(SetupRefused);
    await expect(setup(nowhere)).rejects.toThrow(/^Kafka did not answer within 0.3 s: /);
  });
});
