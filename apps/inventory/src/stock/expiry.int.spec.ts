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

it('finds what was reserved after its clock had been an hour ahead and came back', async () => {
  const early = await reserved();
  // Its mark is now where no clock will be for an hour, and the next reservation ends before it.
  expect(await replica.expiry.sweep(at(hour))).toBe(1);
  const order = await reserved();
  expect(await replica.expiry.sweep(at(1_000))).toBe(0);
  expect(await replica.expiry.sweep(at(hold + 10_000))).toBe(1);
  expect([await shop.stateOf(early), await shop.stateOf(order)]).toEqual(['EXPIRED', 'EXPIRED']);
});

it('finds within ten minutes what another replica reserved by a clock that is far behind', async () => {
  const { expiry } = await shop.replica();
  await expiry.sweep(at(hour));
  const order = await reserved();
  expect(await expiry.sweep(at(hour + 1_000))).toBe(0);
  expect(await expiry.sweep(at(hour + 600_000))).toBe(1);
  expect(await shop.stateOf(order)).toBe('EXPIRED');
});
