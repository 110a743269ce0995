import { readFile, rm, writeFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { freePort, type PostgresServer, startPostgres } from '@ringshop/servers';
import { testFolder } from '@ringshop/testing';
import { Client, type QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databasesOf, databaseUrl } from './databases.ts';
import { rolesOf } from './roles.ts';
import { setUpPostgres } from './set-up-postgres.ts';
import { withClient } from './with-client.ts';

const dir = testFolder('roles');
const shards = ['order-1', 'order-2'];
const roles = rolesOf(shards);
const notes: string[] = [];
let postgres: PostgresServer;

const setUp = () =>
  setUpPostgres({ postgresUrl: postgres.url, shards, dir, waitMs: 10_000 }, (note) => notes.push(note));

beforeAll(async () => {
  postgres = await startPostgres({ dir, port: await freePort() });
  await setUp();
});

afterAll(async () => {
  await postgres?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** As a service sees its database: through the file that setup wrote for it. */
async function urlOf(role: string, database = role): Promise<string> {
  const secrets = parseEnv(await readFile(`${dir}/secrets.env`, 'utf8'));
  const login = { username: role, password: secrets[`${role.toUpperCase()}_PASSWORD`]! };
  return Object.assign(new URL(databaseUrl(postgres.url, database)), login).href;
}

const asAdmin = <Row extends QueryResultRow>(database: string, sql: string, values: unknown[] = []) =>
  withClient(databaseUrl(postgres.url, database), async (admin) => (await admin.query<Row>(sql, values)).rows);

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing refused it',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** Tries each statement as the role; undone where it works. */
async function refusals(role: string, statements: string[], database = role): Promise<Record<string, string>> {
  return withClient(await urlOf(role, database), async (client) => {
    const found: Record<string, string> = {};
    for (const sql of statements) {
      await client.query('BEGIN');
      found[sql] = await refusal(client.query(sql));
      await client.query('ROLLBACK');
    }
    return found;
  });
}

const insufficientPrivilege = '42501';
const invalidAuthorization = '28000';
const invalidPassword = '28P01';
const all = (statements: string[], code: string) => Object.fromEntries(statements.map((sql) => [sql, code]));

describe('the role of a service', () => {
  it('enters its own database and no other, also not one that is added later', async () => {
    await asAdmin('postgres', 'CREATE DATABASE added_later');
    const databases = [...databasesOf(shards), 'postgres', 'template1', 'added_later'];
    for (const { name, database } of roles) {
      for (const each of databases) {
        const entering = refusal(withClient(await urlOf(name, each), (client) => client.query('SELECT 1')));
        expect(await entering, `${name} into ${each}`).toBe(
          each === database ? 'nothing refused it' : invalidAuthorization,
        );
      }
    }
  });

  it('has no right to connect elsewhere either, were the server asked without pg_hba.conf', async () => {
    const rows = await asAdmin<{ role: string; database: string }>(
      'postgres',
      `SELECT r.name AS role, d.datname AS database FROM unnest($1::text[]) AS r(name), pg_database d
       WHERE d.datname <> 'added_later' AND d.datallowconn
         AND has_database_privilege(r.name, d.oid, 'CONNECT, CREATE, TEMPORARY')
       ORDER BY 1`,
      [roles.map(({ name }) => name)],
    );
    expect(Object.fromEntries(rows.map(({ role, database }) => [role, database]))).toEqual(
      Object.fromEntries(roles.map(({ name, database }) => [name, database])),
    );
    expect(rows).toHaveLength(roles.length);
  });

  it('comes with its password, and so does the administrator', async () => {
    for (const user of ['inventory', 'postgres']) {
      const database = user === 'postgres' ? 'postgres' : user;
      for (const password of ['', 'wrong']) {
        const url = Object.assign(new URL(databaseUrl(postgres.url, database)), { username: user, password }).href;
        const code = await refusal(withClient(url, (client) => client.query('SELECT 1')));
        // Without any password the driver gives up before it is asked again.
        expect(code, `${user}:${password}`).toMatch(password ? invalidPassword : /password must be a string|28P01/);
      }
    }
    const verifiers = await asAdmin<{ rolpassword: string }>(
      'postgres',
      'SELECT rolpassword FROM pg_authid WHERE rolcanlogin',
    );
    expect(verifiers).toHaveLength(roles.length + 1);
    for (const { rolpassword } of verifiers) expect(rolpassword).toMatch(/^SCRAM-SHA-256\$/);
  });

  it('creates, changes and drops nothing', async () => {
    const ddl = [
      'CREATE TABLE mine (id int)',
      'CREATE TEMPORARY TABLE mine (id int)',
      'CREATE SCHEMA mine',
      'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
      'CREATE EXTENSION pg_trgm',
      'CREATE ROLE mine SUPERUSER',
      'ALTER ROLE inventory CREATEDB',
      'ALTER TABLE stock ADD COLUMN mine int',
      'ALTER TABLE stock_ledger DISABLE TRIGGER append_only',
      'CREATE TRIGGER mine BEFORE UPDATE ON stock EXECUTE FUNCTION refuse_change()',
      'DROP TABLE outbox',
      'TRUNCATE outbox',
      'DROP FUNCTION refuse_change',
    ];
    expect(await refusals('inventory', ddl)).toEqual(all(ddl, insufficientPrivilege));
  });

  it('is no superuser and cannot become one', async () => {
    const acts = [
      'SELECT * FROM pg_shadow',
      'SELECT rolpassword FROM pg_authid',
      "SELECT pg_read_file('PG_VERSION')",
      "COPY outbox FROM PROGRAM 'echo'",
      "COPY outbox TO '/tmp/outbox'",
      'SET ROLE postgres',
      'SET SESSION AUTHORIZATION postgres',
      'SET session_replication_role = replica',
      'SELECT pg_reload_conf()',
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user',
    ];
    expect(await refusals('order_1', acts)).toEqual(all(acts, insufficientPrivilege));
  });

  it.each([
    [
      'inventory',
      [
        "UPDATE stock_ledger SET kind = 'orders'",
        'DELETE FROM stock_ledger',
        'TRUNCATE stock_ledger',
        'DELETE FROM operator_actions',
        'UPDATE products SET price_amount = 1',
        "DELETE FROM stock WHERE sku = 'SKU-0001'",
        'DELETE FROM lock_epoch',
        "INSERT INTO migrations (timestamp, name) VALUES (1, 'mine')",
      ],
    ],
    [
      'order_1',
      [
        'UPDATE owned_slots SET epoch = 9',
        'INSERT INTO owned_slots (slot, epoch) VALUES (1, 1)',
        'DELETE FROM owned_slots',
        "UPDATE operator_actions SET who = '00000000-0000-7000-8000-000000000000'",
        'DELETE FROM operator_actions',
        'DELETE FROM orders',
        'DELETE FROM sagas',
        'DELETE FROM customer_keys',
        'DELETE FROM migrations',
      ],
    ],
    ['payment', ['DELETE FROM migrations']],
  ])('%s leaves alone what is not its to change', async (role, statements) => {
    expect(await refusals(role, statements)).toEqual(all(statements, insufficientPrivilege));
  });

  it('placement_reader reads the map, and that is all', async () => {
    const statements = [
      'UPDATE placement_maps SET epoch = 2',
      "INSERT INTO placement_maps (epoch, members, slots) VALUES (2, '[]', '[]')",
      'DELETE FROM placement_maps',
      'SELECT epoch FROM placement_maps FOR SHARE',
      'SELECT * FROM migrations',
    ];
    expect(await refusals('placement_reader', statements, 'placement')).toEqual(all(statements, insufficientPrivilege));
    const rows = await withClient(await urlOf('placement_reader', 'placement'), (client) =>
      client.query('SELECT epoch::int FROM placement_maps'),
    );
    expect(rows.rows).toEqual([{ epoch: 1 }]);
  });

  it('can do what its work takes: lock, write, notify and purge', async () => {
    const nothing = 'nothing refused it';
    const shard = [
      'SELECT slot FROM owned_slots ORDER BY slot LIMIT 5 FOR SHARE',
      "LISTEN ringshop; SELECT pg_notify('ringshop', 'x')",
      'SELECT pg_advisory_xact_lock(1)',
      'DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys FOR UPDATE SKIP LOCKED))',
      "SELECT pg_relation_size('inbox'::regclass) / current_setting('block_size')::int",
      "INSERT INTO operator_actions (who, what, order_id, detail) VALUES (gen_random_uuid(), 'x', gen_random_uuid(), '')",
    ];
    expect(await refusals('order_1', shard)).toEqual(all(shard, nothing));
    const inventory = [
      "SELECT sku FROM stock JOIN products USING (sku) WHERE sku = 'SKU-0001' FOR UPDATE OF stock",
      "UPDATE stock SET held = held WHERE sku = 'SKU-0001'",
      "INSERT INTO stock_ledger (kind, skus, available, held, sold) VALUES ('orders', '{a}', '{0}', '{0}', '{0}')",
      'UPDATE lock_epoch SET epoch = epoch + 1',
      'DELETE FROM reservations',
    ];
    expect(await refusals('inventory', inventory)).toEqual(all(inventory, nothing));
  });
});

/** Row versions of the catalogues that a change of roles or rights would rewrite. */
async function catalogues(): Promise<unknown[]> {
  const ofServer = await asAdmin(
    'postgres',
    'SELECT oid, xmin::text FROM pg_authid UNION ALL SELECT oid, xmin::text FROM pg_database ORDER BY 1',
  );
  const ofTables = databasesOf(shards).map((database) =>
    asAdmin(database, `SELECT oid, xmin::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1`),
  );
  return [ofServer, ...(await Promise.all(ofTables))];
}

describe('setup, run again', () => {
  it('changes no role and no right, and says nothing', async () => {
    const before = await catalogues();
    notes.length = 0;
    await setUp();
    expect(notes).toEqual([]);
    expect(await catalogues()).toEqual(before);
  });

  it('takes what a role should not have, and gives it what it lacks, a new table included', async () => {
    await asAdmin('inventory', 'GRANT DELETE ON stock_ledger TO inventory; REVOKE DELETE ON outbox FROM inventory');
    await asAdmin('inventory', 'CREATE TABLE brand_new (id int)');
    await setUp();
    expect(notes).toEqual(['gave role inventory its rights on brand_new, outbox, stock_ledger']);
    expect(
      await refusals('inventory', ['DELETE FROM stock_ledger', 'DELETE FROM outbox', 'DELETE FROM brand_new']),
    ).toEqual({
      'DELETE FROM stock_ledger': insufficientPrivilege,
      'DELETE FROM outbox': 'nothing refused it',
      'DELETE FROM brand_new': 'nothing refused it',
    });
  });

  it('gives a role a new password when the old one was taken out of secrets.env', async () => {
    const [path, old] = [`${dir}/secrets.env`, await urlOf('payment')];
    notes.length = 0;
    await writeFile(path, (await readFile(path, 'utf8')).replace(/^PAYMENT_PASSWORD=.*\n/m, ''));
    await setUp();
    expect(notes).toEqual(['wrote to secrets.env: PAYMENT_PASSWORD', 'gave role payment its password']);
    const enter = (url: string) => refusal(withClient(url, (client: Client) => client.query('SELECT 1')));
    expect(await enter(old)).toBe(invalidPassword);
    expect(await enter(await urlOf('payment'))).toBe('nothing refused it');
    expect(await readFile(`${dir}/secrets/payment/secrets.env`, 'utf8')).toContain(
      `DATABASE_URL=${await urlOf('payment')}\n`,
    );
  });
});
