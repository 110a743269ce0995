import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProductPage } from '@ringshop/contracts';
import { createLogger, ProblemFilter } from '@ringshop/service-defaults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appModule } from './app.module.ts';
import type { Inventory } from './inventory.ts';
import { createCatalogue } from './products/catalogue.ts';
import { openShop, type Shop } from './stock/shop.kit.ts';

let shop: Shop;
let catalogue: ReturnType<typeof createCatalogue>;
let app: NestFastifyApplication;

beforeAll(async () => {
  shop = await openShop();
  catalogue = createCatalogue({ databaseUrl: shop.url, redisUrl: shop.redis.url, ttlMs: 5_000 });
  const { count, commands } = await shop.replica({ committed: catalogue.committed });
  await catalogue.start();
  const parts = { commands, products: catalogue.products, stockCount: count } as unknown as Inventory;
  app = await NestFactory.create<NestFastifyApplication>(appModule(parts), new FastifyAdapter(), { logger: false });
  app.useGlobalFilters(new ProblemFilter(createLogger('test', 'silent')));
  await app.init();
});
afterAll(async () => {
  await app.close();
  await catalogue.stop();
  await shop.close();
});

const get = async (url: string) => (await app.inject({ url })).json();
const put = (url: string, payload: object) => app.inject({ method: 'PUT', url, payload });

it('pages through the whole catalogue, each product once', async () => {
  const skus: string[] = [];
  let page: ProductPage = await get('/products?limit=100');
  for (;;) {
    skus.push(...page.items.map(({ sku }) => sku));
    if (!page.nextCursor) break;
    page = await get(`/products?limit=100&cursor=${page.nextCursor}`);
  }
  expect(skus).toHaveLength(1000);
  expect(new Set(skus).size).toBe(1000);
  expect(skus).toEqual(skus.toSorted());
});

it('says when the available units were counted', async () => {
  const product = await get('/products/SKU-0900');
  expect(product).toMatchObject({ sku: 'SKU-0900', price: { currency: 'EUR' }, available: 100 });
  expect(Math.abs(Date.now() - Date.parse(product.asOf))).toBeLessThan(10_000);
  expect(await get('/products/SKU-0910')).toMatchObject({ available: 0 });
});

it("sets stock by an operator's count", async () => {
  expect((await put('/stock/SKU-0910', { quantity: 12 })).json()).toEqual({ sku: 'SKU-0910', before: 0, after: 12 });
  await expect.poll(() => get('/products/SKU-0910')).toMatchObject({ available: 12 });
});

it('names what is wrong with a request', async () => {
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=', 'cursor=%00', 'cursor=a.b']) {
    const answer = await app.inject({ url: `/products?${query}` });
    expect([answer.statusCode, answer.json().errors[0].field]).toEqual([400, query.split('=')[0]]);
  }
  for (const body of [{ quantity: -1 }, { quantity: 1.5 }, { quantity: 1e9 + 1 }, { quantity: '7' }]) {
    const answer = await put('/stock/SKU-0001', body);
    expect([answer.statusCode, answer.json().errors[0].field]).toEqual([400, 'quantity']);
  }
  expect((await put('/stock/SKU-0001', { quantity: 1, sold: 0 })).statusCode).toBe(400);
  expect((await put('/stock/SKU-9999', { quantity: 1 })).json()).toMatchObject({ status: 404, code: 'not-found' });
  expect((await app.inject({ url: '/products/%27%20OR%201=1' })).statusCode).toBe(404);
});
