import { counted } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Customer } from './customer.ts';
import { Shop } from './shop.ts';

const inventory = ['inventory-1', 'inventory-1.2'];
/** Longer than the spec takes, so that nothing here is cold only because of time. */
const ttlMs = 600_000;

describe('reading products', () => {
  let shop: Shop;
  let ada: Customer;

  beforeAll(async () => {
    shop = await Shop.open({ shards: 1, replicas: 2, env: { inventory: { PRODUCT_CACHE_TTL_MS: String(ttlMs) } } });
    ada = await shop.customer();
  });
  afterAll(() => shop?.close());

  it('is the same from the database and from the cache, page by page', async () => {
    for (const first of ['/v1/products', '/v1/products?limit=7']) {
      const cold = await page(first);
      const warm = await page(first);
      expect(warm).toEqual(cold);
      const after = `cursor=${encodeURIComponent(cold.nextCursor)}`;
      const next = first.includes('?') ? `${first}&${after}` : `${first}?${after}`;
      const second = await page(next);
      expect(await page(next)).toEqual(second);
      expect(second.items[0].sku > cold.items.at(-1).sku).toBe(true);
    }
  });

  it('is one statement for 200 customers who ask two replicas for the same cold product at once', async () => {
    await ada.get('/v1/products/SKU-0500');
    const before = await selects();
    const answers = await Promise.all(Array.from({ length: 200 }, () => ada.get('/v1/products/SKU-0501')));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.sku}`))).toEqual(new Set(['200 SKU-0501']));
    expect(await selects()).toBe(before + 1);
  });

  it('needs no statement when warm, also while they are bought', async () => {
    const { available } = (await ada.get('/v1/products/SKU-0100')).body;
    const before = await selects();
    expect((await ada.place({ lines: [{ sku: 'SKU-0100', quantity: 3 }] })).body.status).toBe('confirmed');
    await expect.poll(async () => (await ada.get('/v1/products/SKU-0100')).body.available).toBe(available - 3);
    for (let again = 0; again < 20; again++) await page('/v1/products');
    expect(await selects()).toBe(before);
  });

  it('needs no inventory when warm', async () => {
    await page('/v1/products');
    for (const part of inventory) await shop.system.stopPart(part);
    expect((await page('/v1/products')).items).toHaveLength(20);
    expect((await ada.get('/v1/products/SKU-0100')).body).toMatchObject({ sku: 'SKU-0100', available: 999_997 });
    const cold = await ada.get('/v1/products/SKU-0777');
    expect([cold.status, cold.body.code]).toEqual([503, 'shard-unavailable']);
    for (const part of inventory) await shop.system.startPart(part);
    expect((await ada.get('/v1/products/SKU-0777')).body).toMatchObject({ sku: 'SKU-0777' });
  });

  it('is right and quick without Redis, and warm again after it', async () => {
    await shop.system.stopPart('redis', { kill: true });
    expect((await ada.place({ lines: [{ sku: 'SKU-0100', quantity: 2 }] })).body.status).toBe('confirmed');
    for (const path of ['/v1/products/SKU-0100', '/v1/products?limit=100']) {
      const begin = performance.now();
      expect((await ada.get(path)).status).toBe(200);
      expect(performance.now() - begin).toBeLessThan(1_000);
    }
    expect((await ada.get('/v1/products/SKU-0100')).body.available).toBe(999_995);
    await shop.system.startPart('redis');
    // What was skipped while it was away is in what it kept on disk: wrong, for as long as the time to live at most.
    expect([999_995, 999_997]).toContain((await ada.get('/v1/products/SKU-0100')).body.available);
    const read = async () => {
      await page('/v1/products?limit=3');
      const before = await selects();
      await page('/v1/products?limit=3');
      return (await selects()) - before;
    };
    await expect.poll(read, { timeout: 10_000 }).toBe(0);
    await shop.adds();
  });

  async function page(path: string) {
    const { status, body } = await ada.get(path);
    expect(status).toBe(200);
    return body;
  }

  /** Statements that read products from the database, of both replicas since they began. */
  async function selects(): Promise<number> {
    const counts = inventory.map((part) => counted(shop.urlOf(part), 'inventory_product_selects_total'));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
});
