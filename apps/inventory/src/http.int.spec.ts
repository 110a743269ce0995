import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProductPage } from '@ringshop/contracts';
import {
  createLogger,
  KeyRing,
  Principals,
  ProblemFilter,
  principalHeader,
  type Role,
  signPrincipal,
} from '@ringshop/service-defaults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appModule } from './app.module.ts';
import type { Inventory } from './inventory.ts';
import { createCatalogue } from './products/catalogue.ts';
import { anOperator, openShop, type Shop } from './stock/shop.kit.ts';

const ring = KeyRing.parse(`test:${Buffer.alloc(32, 7).toString('base64')}`);
const as = (role: Role, by = ring) => ({ [principalHeader]: signPrincipal(by, { subject: anOperator, role }) });

let shop: Shop;
let catalogue: ReturnType<typeof createCatalogue>;
let app: NestFastifyApplication;

beforeAll(async () => {
  shop = await openShop();
  catalogue = createCatalogue({ databaseUrl: shop.url, redisUrl: shop.redis.url, ttlMs: 5_000 });
  const { stockCount, commands } = await shop.replica({ committed: catalogue.committed });
  await catalogue.start();
  const parts = {
    commands,
    products: catalogue.products,
    stockCount,
    principals: new Principals(ring),
  } as unknown as Inventory;
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
const put = (url: string, payload: object, headers: Record<string, string> = as('operator')) =>
  app.inject({ method: 'PUT', url, payload, headers });
const actions = async (sku: string) =>
  (await shop.pool.query('SELECT who, what, detail FROM operator_actions WHERE sku = $1 ORDER BY id', [sku])).rows;

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

it('has on record who set the stock, also where nothing differed', async () => {
  for (const quantity of [3, 3, 0]) await put('/stock/SKU-0911', { quantity });
  expect(await actions('SKU-0911')).toEqual(
    ['0 → 3', '3 → 3', '3 → 0'].map((detail) => ({ who: anOperator, what: 'set-stock', detail })),
  );
});

it.each([
  ['nobody', 401, {}],
  ['a customer', 403, as('customer')],
  [
    'whoever signs with a key of their own',
    401,
    as('operator', KeyRing.parse(`test:${Buffer.alloc(32, 8).toString('base64')}`)),
  ],
  ['whoever only says so', 401, { 'x-principal': anOperator, 'x-operator-id': anOperator, 'x-user-id': anOperator }],
])('refuses %s to set stock, and nothing goes on record', async (_who, status, headers) => {
  expect((await put('/stock/SKU-0912', { quantity: 5 }, headers)).statusCode).toBe(status);
  expect(await get('/products/SKU-0912')).toMatchObject({ available: 0 });
  expect(await actions('SKU-0912')).toEqual([]);
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
