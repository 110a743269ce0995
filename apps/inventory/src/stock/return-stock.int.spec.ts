import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../products/catalogue.ts';
import {
  commitStock,
  delivered,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveStock,
  returnStock,
  type Shop,
} from './shop.kit.ts';

const holdMs = 60_000;
let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica({ holdMs });
});
beforeEach(() => shop.forgetAnswers());
afterAll(() => shop.close());

const handle = (...batch: ReturnType<typeof returnStock>[]) => replica.commands.handle(batch);
const whenDue = () => new Date(Date.now() + holdMs + 1);
const initial = ['initial', 1_000_000, 0, 0];

describe('return-stock', () => {
  it('gives back what is held and what is sold, once, and the ledger tells it', async () => {
    const [held, sold] = [newOrder(), newOrder()];
    await handle(reserveStock(held, [one('SKU-0001', 2)]), reserveStock(sold, [one('SKU-0001', 3)]));
    await handle(commitStock(sold));
    await handle(returnStock(held), returnStock(sold), returnStock(sold));
    await handle(returnStock(sold), returnStock(held));
    expect((await shop.answerNames()).slice(3)).toEqual(Array(5).fill('stock-returned'));
    expect(await shop.stock('SKU-0001')).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
    expect(await shop.entriesOf('SKU-0001')).toEqual([
      initial,
      ['orders', -5, 5, 0],
      ['orders', 0, -3, 3],
      ['orders', 5, -2, -3],
    ]);
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('is final: a later commit is told "closed", a later reserve is refused, a later release moves nothing', async () => {
    const [held, sold] = [newOrder(), newOrder()];
    for (const order of [held, sold]) await handle(reserveStock(order, [one('SKU-0002')]));
    await handle(commitStock(sold), returnStock(sold), returnStock(held));
    await shop.forgetAnswers();
    for (const order of [held, sold]) {
      await handle(commitStock(order), releaseStock(order), reserveStock(order, [one('SKU-0002')]));
    }
    const refused = [{ name: 'commit-refused', data: { reason: 'closed' } }, { name: 'stock-released' }];
    const each = [...refused, { name: 'reservation-refused' }];
    expect(await shop.answers()).toMatchObject([...each, ...each]);
    expect(await shop.stock('SKU-0002')).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
  });

  it('before its reserve and its commit leaves a tombstone that refuses both (8)', async () => {
    const [apart, together] = [newOrder(), newOrder()];
    await handle(returnStock(apart));
    await handle(reserveStock(apart, [one('SKU-0003')]));
    await handle(commitStock(apart));
    await handle(returnStock(together), reserveStock(together, [one('SKU-0003')]), commitStock(together));
    const answers = ['stock-returned', 'reservation-refused', 'commit-refused'];
    expect(await shop.answerNames()).toEqual([...answers, ...answers]);
    expect(await shop.stateOf(apart)).toBe('RETURNED');
    expect(await shop.entriesOf('SKU-0003')).toEqual([initial]);
  });

  it('of an order that was refused or released moves nothing, and those stay what they were', async () => {
    const [refused, released] = [newOrder(), newOrder()];
    await handle(reserveStock(refused, [one('SKU-0913')]), reserveStock(released, [one('SKU-0004')]));
    await handle(releaseStock(released), returnStock(released), returnStock(refused), commitStock(released));
    expect(await Promise.all([refused, released].map(shop.stateOf))).toEqual(['REFUSED', 'RELEASED']);
    expect((await shop.answerNames()).at(-1)).toBe('reservation-gone');
    expect(await shop.stock('SKU-0004')).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
  });

  it('of units that expired moves nothing, and they are not sold afterwards', async () => {
    const order = newOrder();
    await handle(reserveStock(order, [one('SKU-0005')]));
    await replica.expiry.sweep(whenDue());
    await handle(returnStock(order), commitStock(order));
    expect((await shop.answerNames()).slice(1)).toEqual(['stock-returned', 'commit-refused']);
    expect(await shop.stock('SKU-0005')).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
  });

  it('shows in the products cache without a statement: what was bought can be bought again', async () => {
    const catalogue = createCatalogue({ databaseUrl: shop.url, redisUrl: shop.redis.url, ttlMs: 60_000 });
    await catalogue.start();
    const seller = await shop.replica({ committed: catalogue.committed });
    const order = newOrder();
    const available = async () => (await catalogue.products.one('SKU-0006')).available;
    expect(await available()).toBe(1_000_000);
    await seller.commands.handle([reserveStock(order, [one('SKU-0006', 7)]), commitStock(order)]);
    expect(await available()).toBe(999_993);
    await seller.commands.handle([returnStock(order)]);
    expect(await available()).toBe(1_000_000);
    await catalogue.stop();
  });
});

const legal = ['stock-committed, stock-returned: RETURNED', 'stock-returned, commit-refused: RETURNED'];

describe.each(['redis', 'database', 'none'] as const)('with STOCK_LOCK=%s', (lock) => {
  it('races commit-stock and the expiry sweep: the units are back once, and no commit sells after it', async () => {
    const [canceller, seller, sweeper] = await Promise.all([1, 2, 3].map(() => shop.replica({ lock, holdMs })));
    const sku = { redis: 'SKU-0100', database: 'SKU-0101', none: 'SKU-0102' }[lock];
    const seen = new Set<string>();
    let expired = 0;
    // A run in which one of them always came first has proved nothing about the other.
    for (let round = 0; round < 30 || seen.size < legal.length || expired === 0; round++) {
      const orders = Array.from({ length: 8 }, newOrder);
      // By the one that only sweeps: who reserves knows without looking what to lock, and would always come first.
      await sweeper!.commands.handle(orders.map((order) => reserveStock(order, [one(sku)])));
      await shop.forgetAnswers();
      const racers = [
        () => canceller!.commands.handle(orders.map(returnStock)),
        () => seller!.commands.handle(orders.map(commitStock)),
        async () => (expired += round % 2 === 0 ? await sweeper!.expiry.sweep(whenDue()) : 0),
      ];
      const first = round % racers.length;
      await Promise.all([...racers.slice(first), ...racers.slice(0, first)].map(delivered));
      for (const order of orders) seen.add(await storyOf(order));
      expect(legal).toEqual(expect.arrayContaining([...seen]));
    }
    expect(await shop.stock(sku)).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
    expect(await shop.discrepancies()).toEqual([]);
  });
});

async function storyOf(order: string): Promise<string> {
  const answers = (await shop.answers()).filter(({ orderId }) => orderId === order);
  return `${answers.map(({ name }) => name).join(', ')}: ${await shop.stateOf(order)}`;
}
