import { type Product, productKeys } from '@ringshop/contracts';
import { registry } from '@ringshop/service-defaults';
import { faultProxy } from '@ringshop/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newOrder, one, openShop, type Replica, reserveStock, type Shop } from '../stock/shop.kit.ts';
import { type CatalogueOptions, createCatalogue } from './catalogue.ts';
import { ProductCache } from './product-cache.ts';

type Catalogue = ReturnType<typeof createCatalogue>;

let shop: Shop;
let admin: Redis;
/** Two replicas, as far as reading goes; the first one also sells. */
let first: Catalogue;
let second: Catalogue;
let seller: Replica;
const opened: Catalogue[] = [];

beforeAll(async () => {
  shop = await openShop();
  admin = new Redis(shop.redis.url);
  [first, second] = [await open(), await open()];
  seller = await shop.replica({ committed: first.committed });
});
afterAll(async () => {
  await Promise.all(opened.map((catalogue) => catalogue.stop()));
  admin.disconnect();
  await shop.close();
});
beforeEach(() => admin.flushall());

async function open(options: Partial<CatalogueOptions> = {}): Promise<Catalogue> {
  const catalogue = createCatalogue({ databaseUrl: shop.url, redisUrl: shop.redis.url, ttlMs: 60_000, ...options });
  await catalogue.start();
  opened.push(catalogue);
  return catalogue;
}

async function count(metric: string): Promise<number> {
  const { values } = await registry.getSingleMetric(metric)!.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
const selects = () => count('inventory_product_selects_total');
async function scriptCalls(): Promise<number> {
  const stats = await admin.info('commandstats');
  return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
const keyOf = productKeys.product;
const buy = (sku: string) => seller.commands.handle([reserveStock(newOrder(), [one(sku)])]);

const product = (sku: string, available: number): Product => {
  const price = { amount: 100, currency: 'EUR' as const };
  return { sku, name: 'a thing', price, available, asOf: '2026-01-01T00:00:00.000Z' };
};

describe('a miss', () => {
  it('of 200 readers at once, in two replicas, is one statement', async () => {
    const before = await selects();
    const reads = Array.from({ length: 200 }, (_, reader) => (reader % 2 ? first : second).products.one('SKU-0001'));
    for (const { sku } of await Promise.all(reads)) expect(sku).toBe('SKU-0001');
    expect(await selects()).toBe(before + 1);
  });

  it('of 200 lists at once is one statement for the index, and one for the products in each replica at most', async () => {
    const before = await selects();
    const lists = Array.from({ length: 200 }, (_, reader) => (reader % 2 ? first : second).products.page(20));
    for (const { items } of await Promise.all(lists)) expect(items).toHaveLength(20);
    expect(await selects()).toBeLessThanOrEqual(before + 3);
    await first.products.page(20);
    expect(await selects(), 'warm').toBeLessThanOrEqual(before + 3);
  });

  it('whose reader was killed delays the others by its claim, and no longer', async () => {
    const catalogue = await open({ ttlMs: 1_000 });
    const dead = new ProductCache(first.redis, 1_000);
    expect(await dead.claim(['SKU-0002', 'SKU-0003'], [])).toMatchObject({ skus: ['SKU-0002', 'SKU-0003'] });
    await admin.persist(keyOf('SKU-0003'));
    const begin = performance.now();
    const read = await Promise.all(['SKU-0002', 'SKU-0003'].map((sku) => catalogue.products.one(sku)));
    expect(read.map(({ sku }) => sku)).toEqual(['SKU-0002', 'SKU-0003']);
    expect(performance.now() - begin).toBeLessThan(1_000);
    const before = await selects();
    for (const sku of ['SKU-0002', 'SKU-0003']) await catalogue.products.one(sku);
    expect(await selects(), 'taken over, and filled').toBe(before);
  });

  it('for something that does not exist leaves nothing behind', async () => {
    const reads = Array.from({ length: 50 }, (_, index) =>
      first.products.one(`nothing-${index}`).catch(({ code }) => code),
    );
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['not-found']));
    expect(await admin.dbsize()).toBe(0);
  });

  it.each([
    'no JSON',
    '7',
    'null',
    '{}',
    '{"epoch":"x","n":{}}',
    JSON.stringify(product('SKU-0005', 1)),
    JSON.stringify(product('SKU-0004', -1)),
  ])('is what %s in the cache is, and it is written over', async (wrong) => {
    await admin.set(keyOf('SKU-0004'), wrong);
    await buy('SKU-0004');
    const { available } = await shop.stock('SKU-0004');
    await admin.set(keyOf('SKU-0004'), wrong);
    expect(await second.products.one('SKU-0004')).toMatchObject({ sku: 'SKU-0004', available });
    const before = await selects();
    await second.products.one('SKU-0004');
    expect(await selects()).toBe(before);
  });
});

describe('a committed batch', () => {
  it('is in the cache at once, without a statement', async () => {
    const { available, asOf } = await second.products.one('SKU-0010');
    const before = await selects();
    await buy('SKU-0010');
    await expect.poll(async () => (await second.products.one('SKU-0010')).available).toBe(available - 1);
    await seller.count.set('SKU-0010', 5);
    await expect.poll(async () => (await second.products.one('SKU-0010')).available).toBe(5);
    expect((await second.products.one('SKU-0010')).asOf > asOf).toBe(true);
    expect(await selects()).toBe(before);
  });

  it('is one script call, however many products it changes', async () => {
    const shopkeeper = await shop.replica({ lock: 'database', committed: first.committed });
    await first.products.page(100);
    const { items } = await first.products.page(100, 'SKU-0100');
    const calls = await scriptCalls();
    await shopkeeper.commands.handle(items.map(({ sku }) => reserveStock(newOrder(), [one(sku)])));
    await expect.poll(async () => (await first.products.one('SKU-0200')).available).toBe(items.at(-1)!.available - 1);
    expect(await scriptCalls()).toBe(calls + 1);
  });

  it('writes only what somebody has read, and does not make it live longer', async () => {
    await first.products.one('SKU-0011');
    await admin.pexpire(keyOf('SKU-0011'), 5_000);
    await seller.commands.handle([reserveStock(newOrder(), [one('SKU-0011'), one('SKU-0012')])]);
    await expect
      .poll(async () => (await shop.stock('SKU-0011')).available)
      .toBe((await first.products.one('SKU-0011')).available);
    expect(await admin.exists(keyOf('SKU-0012'))).toBe(0);
    const left = await admin.pttl(keyOf('SKU-0011'));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(5_000);
  });

  it('never goes back to an older one: epoch and n are compared as a pair', async () => {
    const sku = 'SKU-0013';
    await first.products.one(sku);
    const tell = async (epoch: number, n: number, available: number) => {
      await first.redis.refreshProducts(1, keyOf(sku), available, epoch, n, new Date().toISOString());
      return (await first.products.one(sku)).available;
    };
    expect(await tell(2, 5, 25)).toBe(25);
    expect(await tell(2, 5, 1), 'the same again').toBe(25);
    expect(await tell(2, 4, 24)).toBe(25);
    expect(await tell(1, 99, 199)).toBe(25);
    expect(await tell(3, 1, 31)).toBe(31);
    expect(await tell(3, 2, 32)).toBe(32);
  });

  it('that ends between the reading and the filling is not forgotten', async () => {
    const sku = 'SKU-0014';
    const cache = new ProductCache(first.redis, 60_000);
    const claim = (await cache.claim([sku], []))!;
    await first.redis.refreshProducts(1, keyOf(sku), 3, 1_000, 1, new Date().toISOString());
    await cache.fill(claim, new Map([[sku, { product: product(sku, 4), token: { epoch: 999, n: 5_000 } }]]));
    expect((await second.products.one(sku)).available).toBe(3);
  });

  it('is not undone by a reader whose claim is over', async () => {
    const sku = 'SKU-0015';
    const cache = new ProductCache(first.redis, 60_000);
    const claim = (await cache.claim([sku], []))!;
    // As after a pause: the claim is gone, the batch found nothing to refresh, and what was read is old.
    await admin.del(keyOf(sku));
    await buy(sku);
    await cache.fill(claim, new Map([[sku, { product: product(sku, 4), token: { epoch: 0, n: 0 } }]]));
    expect(await admin.exists(keyOf(sku))).toBe(0);
    expect((await second.products.one(sku)).available).toBe((await shop.stock(sku)).available);
  });
});

it('a price is exact, however high, also after a refresh', async () => {
  for (const [sku, amount] of [
    ['SKU-0040', 99_999_999_999_999],
    ['SKU-0041', 900_719_925_474_099],
  ] as const) {
    await shop.pool.query('UPDATE products SET price_amount = $2 WHERE sku = $1', [sku, amount]);
    const { available } = await first.products.one(sku);
    await seller.count.set(sku, available + 1);
    await expect.poll(async () => (await first.products.one(sku)).available).toBe(available + 1);
    expect((await first.products.one(sku)).price.amount).toBe(amount);
  }
});

it('lists go on in the same order from the cache and from the database, whatever its locale', async () => {
  const { rows } = await shop.pool.query(
    `SELECT DISTINCT collation_name FROM information_schema.columns
     WHERE column_name = 'sku' AND table_name IN ('products', 'stock')`,
  );
  expect(rows).toEqual([{ collation_name: 'C' }]);
});

it('what is told is at most its time to live old, reading included', async () => {
  const catalogue = await open({ ttlMs: 1_000 });
  const { asOf } = await catalogue.products.one('SKU-0020');
  await catalogue.products.page(5);
  const expiresAt = Date.now() + (await admin.pttl(keyOf('SKU-0020')));
  expect(expiresAt).toBeLessThanOrEqual(Date.parse(asOf) + 1_000);
  expect(await admin.pttl(productKeys.skus)).toBeLessThanOrEqual(800);
});

describe('without Redis', () => {
  it('answers are right and quick, batches go on, and what was not told is counted', async () => {
    const proxy = await faultProxy(shop.redis.url);
    const catalogue = await open({ redisUrl: proxy.through(shop.redis.url) });
    const shopkeeper = await shop.replica({ lock: 'database', committed: catalogue.committed });
    await catalogue.products.one('SKU-0030');
    await proxy.refuse();
    await expect.poll(() => catalogue.redis.status).not.toBe('ready');
    const skipped = await count('inventory_product_refresh_skipped_total');
    const begin = performance.now();
    await shopkeeper.commands.handle([reserveStock(newOrder(), [one('SKU-0030')])]);
    expect((await catalogue.products.one('SKU-0030')).available).toBe((await shop.stock('SKU-0030')).available);
    const { items, nextCursor } = await catalogue.products.page(3, 'SKU-0030');
    expect(items.map(({ sku }) => sku)).toEqual(['SKU-0031', 'SKU-0032', 'SKU-0033']);
    expect(nextCursor).toBeDefined();
    expect(performance.now() - begin, 'nothing waits for Redis').toBeLessThan(1_000);
    expect(await count('inventory_product_refresh_skipped_total')).toBe(skipped + 1);

    await proxy.pass();
    await expect.poll(() => catalogue.redis.status, { timeout: 5_000 }).toBe('ready');
    await catalogue.products.one('SKU-0030');
    const before = await selects();
    await catalogue.products.one('SKU-0030');
    expect(await selects()).toBe(before);
    await proxy.close();
  });

  it('that is full, answers are right all the same', async () => {
    await admin.config('SET', 'maxmemory', '1');
    try {
      expect((await first.products.one('SKU-0033')).available).toBe((await shop.stock('SKU-0033')).available);
      expect((await first.products.page(3)).items).toHaveLength(3);
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
  });

  it('that hangs, readers wait once for it, and batches never', async () => {
    const proxy = await faultProxy(shop.redis.url);
    const catalogue = await open({ redisUrl: proxy.through(shop.redis.url) });
    const shopkeeper = await shop.replica({ lock: 'database', committed: catalogue.committed });
    await shopkeeper.commands.handle([reserveStock(newOrder(), [one('SKU-0031')])]);
    proxy.dropReplies();
    const took = async (work: () => Promise<unknown>) => {
      const begin = performance.now();
      await work();
      return performance.now() - begin;
    };
    expect(await took(() => shopkeeper.commands.handle([reserveStock(newOrder(), [one('SKU-0031')])]))).toBeLessThan(
      150,
    );
    expect(await took(() => catalogue.products.one('SKU-0031'))).toBeLessThan(1_000);
    expect(await took(() => catalogue.products.one('SKU-0031')), 'given up').toBeLessThan(100);
    expect(proxy.counts.droppedReplies).toBeGreaterThan(0);
    await proxy.close();
  });
});
