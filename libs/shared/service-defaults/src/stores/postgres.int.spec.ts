import { eventually, faultProxy, testDatabase } from '@ringshop/testing';
import { expect, test } from 'vitest';
import { createPool } from './postgres.ts';

test('a statement that was prepared on an empty table still finds its rows by key when the table has grown', async () => {
  const database = await testDatabase();
  const pool = createPool(database.url, { max: 1 });
  try {
    // Nobody takes statistics meanwhile: that would make a new plan, and hide what this is about.
    // Wide rows are what misleads it: few of them would fill the ten pages that it takes an empty table for.
    const wide = Array.from({ length: 20 }, (_, n) => `t${n} text`).join();
    await pool.query(`CREATE TABLE things (id int PRIMARY KEY, n int, ${wide}) WITH (autovacuum_enabled = off)`);
    const change = {
      name: 'change',
      text: 'UPDATE things t SET n = c.n FROM unnest($1::int[], $2::int[]) AS c (id, n) WHERE t.id = c.id',
      values: [[1], [1]],
    };
    // After five executions the planner may settle on one plan for all.
    for (let times = 0; times < 10; times++) await pool.query(change);
    await pool.query('INSERT INTO things SELECT n, n FROM generate_series(1, 20000) n');
    const { rows } = await pool.query("EXPLAIN (ANALYZE, FORMAT TEXT) EXECUTE change('{1,2}', '{3,4}')");
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using things_pkey');
    expect(plan).toContain('Nested Loop');
    expect(plan).not.toContain('Seq Scan');
  } finally {
    await pool.end();
    await database.drop();
  }
});

test('a connection that went deaf is given up, and does not hold its caller or the pool for ever', async () => {
  const database = await testDatabase();
  const proxy = await faultProxy(database.url);
  const pool = createPool(proxy.through(database.url), { max: 1, statementTimeoutMs: 200 });
  try {
    await pool.query('SELECT 1');
    proxy.dropReplies();
    // Outside a transaction the server has no reason ever to end such a session.
    await expect(pool.query('SELECT 1')).rejects.toThrow();
    await proxy.pass();
    await eventually(() => pool.query('SELECT 1'));
  } finally {
    await pool.end();
    await proxy.close();
    await database.drop();
  }
});
