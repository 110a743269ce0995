import { afterAll, beforeAll, expect, it } from 'vitest';
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
