import { createPool, type Logger, type Pool, registry } from '@ringshop/service-defaults';
import { eventually, type TestDatabase, testDatabase } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Purge, type PurgeOptions, type PurgeRule } from './purge.ts';

const day = 24 * 60 * 60 * 1000;
let database: TestDatabase;
let pool: Pool;
/** What was told to the log. */
let warnings: unknown[];

beforeAll(async () => {
  database = await testDatabase();
  pool = createPool(database.url, { max: 6, statementTimeoutMs: 1_000 });
  await pool.query(`CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), filling text NOT NULL DEFAULT repeat('x', 150))`);
});
beforeEach(async () => {
  warnings = [];
  await pool.query('TRUNCATE things');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const logger = { warn: (...told: unknown[]) => warnings.push(told) } as unknown as Logger;
const things: PurgeRule = { table: 'things', where: `state = 'over'`, age: 'at', keepMs: 14 * day };
const purge = (options: Partial<PurgeOptions> = {}) =>
  new Purge({ pool, rules: [things], everyMs: 60_000, logger, ...options });

const insert = (count: number, state: string, ageMs: number) =>
  pool.query(
    `INSERT INTO things (state, at)
     SELECT $2, now() - $3 * interval '1 millisecond' FROM generate_series(1, $1)`,
    [count, state, ageMs],
  );
const left = async () => (await pool.query<{ n: number }>('SELECT count(*) AS n FROM things')).rows[0]!.n;
/** While a transaction that has made this statement is open; it commits in the end. */
async function during(statement: string, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(statement);
  await work().finally(() => client.query('COMMIT').then(() => client.release()));
}
const old = 14 * day + 1;
const young = 14 * day - 60_000;

describe('purging', () => {
  it('deletes what is old enough and over, and nothing else', async () => {
    for (const [state, age] of [
      ['over', old],
      ['over', young],
      ['needed', 100 * day],
    ] as const)
      await insert(300, state, age);
    expect(await purge().run()).toBe(300);
    const { rows } = await pool.query('SELECT state, count(*) AS n FROM things GROUP BY 1 ORDER BY 1');
    expect(rows).toEqual([
      { state: 'needed', n: 300 },
      { state: 'over', n: 300 },
    ]);
    expect(warnings).toEqual([]);
  });

  it('counts what went, by table', async () => {
    const counted = async () => {
      const { values } = await registry.getSingleMetric('ringshop_purged_total')!.get();
      return values.find(({ labels }) => labels.table === 'things')?.value ?? 0;
    };
    const before = await counted();
    await insert(7, 'over', old);
    await purge().run();
    expect(await counted()).toBe(before + 7);
  });

  it('never deletes more than a batch in one transaction', async () => {
    await pool.query('CREATE TABLE deletions (n int)');
    await pool.query(`CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO deletions SELECT count(*) FROM gone; RETURN NULL; END $$`);
    await pool.query(`CREATE TRIGGER note AFTER DELETE ON things REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION note_deletion()`);
    await insert(5_000, 'over', old);
    expect(await purge({ batch: 200 }).run()).toBe(5_000);
    await pool.query('DROP TRIGGER note ON things');
    const { rows } = await pool.query<{ most: number; all: number }>(
      'SELECT max(n) AS most, sum(n)::int AS all FROM deletions',
    );
    expect(rows).toEqual([{ most: 200, all: 5_000 }]);
  });

  it('waits for nobody: a row that somebody works on goes with the next run', async () => {
    await insert(1_000, 'over', old);
    const walk = purge();
    await during('SELECT FROM things ORDER BY id LIMIT 3 FOR UPDATE', async () => {
      expect(await walk.run()).toBe(997);
    });
    expect(await walk.run()).toBe(3);
    expect(warnings).toEqual([]);
  });

  it('leaves a row alone that becomes needed at that moment', async () => {
    await insert(1, 'over', old);
    const walk = purge();
    await during(`UPDATE things SET state = 'needed'`, async () => {
      expect(await walk.run()).toBe(0);
    });
    expect(await walk.run()).toBe(0);
    expect(await left()).toBe(1);
  });

  it('is done side by side by several replicas, without an error', async () => {
    await insert(20_000, 'over', old);
    const gone = await Promise.all(Array.from({ length: 3 }, () => purge({ batch: 100 }).run()));
    expect(gone.reduce((sum, count) => sum + count)).toBe(20_000);
    expect(gone.filter((count) => count > 0).length, `shares of ${gone}`).toBeGreaterThan(1);
    expect(await left()).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('is bounded: a run looks at so many stretches of a table, and the next one goes on behind them', async () => {
    await insert(20_000, 'over', old);
    const walk = purge({ stretches: 2 });
    const first = await walk.run();
    expect(first).toBeGreaterThan(1_000);
    expect(first).toBeLessThan(10_000);
    for (let gone = first; gone < 20_000; ) gone += await walk.run();
    expect(await left()).toBe(0);
  });
});

/**
 * Whether VACUUM could free all that is dead: a snapshot that is open then (the server's own autovacuum holds one while it
 * analyzes a catalog of this database) keeps what was deleted after it.
 */
async function vacuumed(): Promise<boolean> {
  await pool.query('VACUUM things');
  const { rows } = await pool.query<{ dead: number }>(`SELECT pg_stat_get_dead_tuples('things'::regclass) AS dead`);
  return rows[0]!.dead === 0;
}

describe('with nothing to do', () => {
  it('it asks how long the table is, and for nothing else', async () => {
    await insert(20_000, 'over', young);
    const asked: string[] = [];
    const query = (text: string, values: unknown[]) => {
      asked.push(text);
      return pool.query(text, values);
    };
    const walk = purge({ pool: { query } as unknown as Pool });
    expect(await walk.run()).toBe(0);
    asked.length = 0;
    expect(await walk.run()).toBe(0);
    expect(asked).toEqual([expect.stringContaining('pg_relation_size')]);
  });

  it('it does not forget what was too young: it goes when it is old', async () => {
    const brief = { ...things, keepMs: 400 };
    await insert(100, 'over', 0);
    const walk = purge({ rules: [brief] });
    expect(await walk.run()).toBe(0);
    await eventually(async () => (await walk.run()) === 100);
  });

  it('it sees what was written into the place of what went: a table that is purged does not grow', async () => {
    const pages = async () => (await pool.query(`SELECT pg_relation_size('things') / 8192 AS pages`)).rows[0].pages;
    const walk = purge({ rules: [{ ...things, keepMs: 200 }] });
    await insert(3_000, 'over', 0);
    // At the end of the table, so that VACUUM cannot cut off what became free.
    await insert(1, 'needed', 0);
    const full = await pages();
    for (let round = 0; round < 3; round++) {
      await eventually(async () => {
        await walk.run();
        return (await left()) === 1;
      });
      await eventually(vacuumed, { what: 'VACUUM to free all that is dead' });
      await insert(2_900, 'over', 0);
      expect(await pages()).toBe(full);
    }
  });
});

describe('in a service', () => {
  it('it goes on with the next table when one cannot be purged, and tells so', async () => {
    await insert(10, 'over', old);
    const missing = { ...things, table: 'missing' };
    expect(await purge({ rules: [missing, things] }).run()).toBe(10);
    expect(warnings).toMatchObject([[{ table: 'missing' }, expect.stringContaining('could not be purged')]]);
  });

  it('it runs by itself until it is stopped, which does not wait for the whole table', async () => {
    await insert(20_000, 'over', old);
    const walk = purge({ batch: 10, everyMs: 1 });
    walk.start();
    await eventually(async () => (await left()) < 20_000);
    await walk.stop();
    const rest = await left();
    expect(rest).toBeGreaterThan(0);
    expect(await walk.run(), 'a run after the end').toBe(0);
    expect(await left()).toBe(rest);
  });
});
