import type { Line } from '@ringshop/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answersTo,
  commitStock,
  full,
  handleAll,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveStock,
  type Shop,
} from './shop.kit.ts';

const scarce = Array.from({ length: 10 }, (_, index) => `SKU-090${index}`);
const randomOf = (limit: number) => Math.floor(Math.random() * limit);
const shuffled = <T>(items: readonly T[]) =>
  items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
const some = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));

const protections = {
  redis: ['redis'],
  database: ['database'],
  none: ['none'],
  // While Redis reaches some replicas only, or a setting is rolled out: each has to do with what the others do.
  'each replica its own': ['redis', 'database', 'none'],
} as const;

const matrix = Object.entries(protections).flatMap(([title, locks]) =>
  (locks.length === 1 ? [1, 2, 3] : [3]).map((size) => ({ title, locks, size })),
);

/** All of it with the lock, and without: what guards the stock is the database. */
describe.each(matrix)('protection: $title, replicas: $size', ({ locks, size }) => {
  let shop: Shop;
  let replicas: Replica[];

  beforeAll(async () => {
    shop = await openShop();
    replicas = await Promise.all(some(size, (index) => shop.replica({ lock: locks[index % locks.length]! })));
  });
  afterAll(() => shop.close());

  const restock = async (quantity: number) => {
    for (const sku of scarce) await replicas[0]!.count.set(sku, quantity);
  };

  it('sells exactly what there is to a crowd that wants more (15)', async () => {
    await restock(100);
    const orders = some(full ? 5_000 : 400, newOrder);
    await handleAll(
      replicas,
      orders.map((order) => reserveStock(order, [one('SKU-0900')])),
    );
    expect(await answersTo(shop, orders)).toEqual({ 'stock-reserved': 100, 'out-of-stock': orders.length - 100 });
    expect(await shop.stock('SKU-0900')).toMatchObject({ available: 0, held: 100 });
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('knows no deadlock, and no half order, when many want several things in any order (24)', async () => {
    await restock(100);
    const wishes = new Map<string, Line[]>();
    for (let index = 0; index < (full ? 2_000 : 200); index++) {
      const skus = shuffled(scarce).slice(0, 3 + randomOf(3));
      wishes.set(
        newOrder(),
        skus.map((sku) => one(sku, 1 + randomOf(2))),
      );
    }
    // In batches so small that transactions of several replicas do overlap.
    await handleAll(
      replicas,
      [...wishes].map(([order, lines]) => reserveStock(order, lines)),
      3,
    );
    const answers = await answersTo(shop, [...wishes.keys()]);
    expect(answers['stock-reserved']! + answers['out-of-stock']!).toBe(wishes.size);
    expect(answers['stock-reserved']).toBeGreaterThan(0);
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('serves everybody else while nine of ten want one thing (25)', async () => {
    await restock(50);
    const [hot, others] = [some(full ? 4_500 : 180, newOrder), some(full ? 500 : 20, newOrder)];
    await handleAll(
      replicas,
      shuffled([
        ...hot.map((order) => reserveStock(order, [one('SKU-0901')])),
        ...others.map((order, index) => reserveStock(order, [one(`SKU-01${10 + (index % 90)}`)])),
      ]),
    );
    expect(await answersTo(shop, hot)).toEqual({ 'stock-reserved': 50, 'out-of-stock': hot.length - 50 });
    expect(await answersTo(shop, others)).toEqual({ 'stock-reserved': others.length });
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('can always sell the last unit, whoever else asks for it in vain (26)', async () => {
    await replicas[0]!.count.set('SKU-0911', 1);
    for (let round = 0; round < (full ? 100 : 8); round++) {
      const buyers = some(4, newOrder);
      const expiresAt = new Date(Date.now() - 1);
      const inVain = [
        ...some(4, () => reserveStock(newOrder(), [one('SKU-0911'), one('SKU-0910')])),
        ...some(2, () => reserveStock(newOrder(), [one('SKU-0911', 2)])),
        ...some(2, () => reserveStock(newOrder(), [one('SKU-0911')], { expiresAt })),
        ...some(2, () => reserveStock(newOrder(), [one('SKU-0911')], { expectedTotal: 1 })),
      ];
      const wanting = buyers.map((order) => reserveStock(order, [one('SKU-0911')]));
      await handleAll(replicas, shuffled([...inVain, ...wanting]), 4);
      expect(await answersTo(shop, buyers)).toEqual({ 'stock-reserved': 1, 'out-of-stock': 3 });
      // Given back, it is there for the next.
      await handleAll(replicas, buyers.map(releaseStock), 2);
    }
    expect(await shop.stock('SKU-0911')).toMatchObject({ available: 1, held: 0 });
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('ends every reservation once when releases and commits of the same orders race', async () => {
    await restock(1_000);
    const orders = some(full ? 2_000 : 120, newOrder);
    await handleAll(
      replicas,
      orders.map((order) => reserveStock(order, [one(scarce[randomOf(10)]!)])),
    );
    await Promise.all([
      handleAll(replicas.slice(0, 1), shuffled(orders).map(commitStock), 10),
      handleAll(replicas.slice(-1), shuffled(orders).map(releaseStock), 10),
    ]);
    const { 'stock-committed': sold = 0, 'reservation-gone': gone = 0 } = await answersTo(shop, orders);
    expect(sold + gone).toBe(orders.length);
    expect(await shop.discrepancies()).toEqual([]);
  });
});
