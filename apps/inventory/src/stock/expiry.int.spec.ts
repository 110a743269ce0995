import type { Pool, QueryConfig } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExpirySweep } from './expiry.ts';
import { newOrder, one, openShop, type Replica, reserveStock, type Shop } from './shop.kit.ts';

const hour = 3_600_000;
const hold = 900_000;
const start = Date.now();
const at = (ms: number) => new Date(start + ms);
let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica({ holdMs: hold });
});
afterAll(() => shop.close());

/** Takes one unit by the clock of now. */
async function reserved(): Promise<string> {
  const order = newOrder();
  await replica.commands.handle([reserveStock(order, [one('SKU-0001')])]);
  return order;
}

it('finds at once what became due while its clock was an hour ahead, when that has come back', async () => {
  const { expiry } = await shop.replica();
  await expiry.sweep(at(hour));
  const order = await reserved();
  // By its clock it is long due, but it lies before the mark, where nothing is looked for again.
  expect(await expiry.sweep(at(hour + 1_000))).toBe(0);
  expect(await expiry.sweep(at(hold + 120_000))).toBe(1);
  expect(await shop.stateOf(order)).toBe('EXPIRED');
});

it('finds within ten minutes what another replica reserved by a clock that is far behind', async () => {
  const { expiry } = await shop.replica();
  await expiry.sweep(at(hour));
  const order = await reserved();
  expect(await expiry.sweep(at(hour + 1_000))).toBe(0);
  expect(await expiry.sweep(at(hour + 600_000))).toBe(1);
  expect(await shop.stateOf(order)).toBe('EXPIRED');
});

it('looks once more for what somebody else worked on at that moment', async () => {
  const { expiry } = await shop.replica();
  await expiry.sweep(at(hour));
  const order = await reserved();
  const client = await shop.pool.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM reservations WHERE order_id = $1 FOR UPDATE', [order]);
  expect(await expiry.sweep(at(hold + 120_000))).toBe(0);
  await client.query('ROLLBACK');
  client.release();
  expect(await expiry.sweep(at(hold + 121_000))).toBe(1);
});

it('reads what is due and not the table, also where reservations took the place of purged ones', async () => {
  const fill = (count: number, from: string) =>
    shop.pool.query(
      `INSERT INTO reservations (order_id, state, lines, total_amount, currency, held_until)
       SELECT uuidv7(), CASE n % 10 WHEN 0 THEN 'RELEASED' ELSE 'COMMITTED' END, '[{"sku": "SKU-0001", "quantity": 0}]', 0, 'EUR',
         now() + $2::interval + n * interval '1 second' FROM generate_series(1, $1) AS n`,
      [count, from],
    );
  await fill(20_000, '-20 days');
  await shop.pool.query(`DELETE FROM reservations WHERE state = 'RELEASED'`);
  await shop.pool.query('VACUUM reservations');
  await fill(2_000, '-30 minutes');
  const asked: QueryConfig[] = [];
  const query = (config: QueryConfig) => {
    asked.push(config);
    return replica.pool.query(config);
  };
  const sweep = new ExpirySweep({ pool: { query } as unknown as Pool, guard: replica.guard });
  // The first look is at everything, the second one begins at its mark.
  for (const ms of [0, 1_000]) await sweep.sweep(at(ms));
  const { text, values } = asked.at(-1)!;
  const { rows } = await replica.pool.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = rows[0]['QUERY PLAN'][0].Plan;
  const size = await shop.pool.query(`SELECT (pg_relation_size('reservations') / 8192)::int AS pages`);
  expect(size.rows[0].pages).toBeGreaterThan(500);
  expect(hit + read).toBeLessThan(100);
});
