import { lastSku, type Product, type ProductPage, productKeys } from '@ringshop/contracts';
import { firstMap } from '@ringshop/placement';
import { createRedis, type Redis, registry, type Service } from '@ringshop/service-defaults';
import { pause, resume, type TestRedis, testRedis } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from '../spec/peers.ts';

const map = firstMap(['order-1']);
const product = (sku: string, available: number): Product => {
  const price = { amount: 1_400, currency: 'EUR' as const };
  return { sku, name: `name of ${sku}`, price, available, asOf: '2026-01-01T00:00:00.000Z' };
};
const skus = ['SKU-1', 'SKU-2', 'SKU-3', 'SKU-4', 'SKU-5'];
/** Inventory says one thing and the cache another, so that an answer tells where it comes from. */
const [inInventory, inCache] = [7, 3];

let redis: TestRedis;
let admin: Redis;
let shard: Peer;
let inventory: Peer;
let idp: Awaited<ReturnType<typeof identityProvider>>;
let gateway: Service;

beforeAll(async () => {
  redis = await testRedis();
  admin = createRedis(redis.url, { whileAway: '' });
  await admin.connect();
  idp = await identityProvider();
  shard = await new Peer((_request, response) =>
    json(response, 200, { epoch: 1, members: map.members, slots: map.slots }),
  ).listen();
  inventory = await new Peer(({ path }, response) => {
    const one = /^\/products\/([^?]+)$/.exec(path)?.[1];
    json(response, 200, one ? product(one, inInventory) : { items: skus.map((sku) => product(sku, inInventory)) });
  }).listen();
  gateway = await open();
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [shard, inventory, idp.server]) await peer.close();
  admin.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  inventory.received.length = 0;
  await expect.poll(() => admin.status, { timeout: 5_000 }).toBe('ready');
  await admin.flushall();
});

async function open(env: Record<string, string> = { REDIS_URL: redis.url }): Promise<Service> {
  const parts = { shards: { 'order-1': [shard.url] }, jwks: `${idp.server.url}/jwks`, inventory: inventory.url };
  return startGateway({ ...parts, env: { UPSTREAM_TIMEOUT_MS: '500', ...env } });
}

async function warm(): Promise<void> {
  const texts = skus.flatMap((sku) => [
    productKeys.product(sku),
    JSON.stringify({ ...product(sku, inCache), epoch: 1, n: 1 }),
  ]);
  await admin.mset(texts);
  await admin.zadd(productKeys.skus, ...[...skus, lastSku].flatMap((sku) => [0, sku]));
}

async function get(path: string, base = gateway.url) {
  const begin = performance.now();
  const headers = { authorization: `Bearer ${await idp.token(crypto.randomUUID())}` };
  const response = await fetch(base + path, { headers });
  return {
    status: response.status,
    body: (await response.json()) as Product & ProductPage,
    ms: performance.now() - begin,
    headers: response.headers,
  };
}

async function outcome(name: string): Promise<number> {
  const { values } = await registry.getSingleMetric('gateway_product_cache_total')!.get();
  return values.find(({ labels }) => labels.outcome === name)?.value ?? 0;
}

test('what is warm is answered from the cache, and inventory is not asked', async () => {
  await warm();
  await expect.poll(async () => (await get('/v1/products/SKU-1')).body).toEqual(product('SKU-1', inCache));
  inventory.received.length = 0;
  const hits = await outcome('hit');
  expect((await get('/v1/products/SKU-2')).body).toEqual(product('SKU-2', inCache));
  const first = await get('/v1/products?limit=2');
  expect(first.headers.get('content-type')).toMatch('application/json');
  expect(first.body.items).toEqual([product('SKU-1', inCache), product('SKU-2', inCache)]);
  const second = await get(`/v1/products?limit=2&cursor=${first.body.nextCursor}`);
  const third = await get(`/v1/products?limit=2&cursor=${second.body.nextCursor}`);
  expect(third.body).toEqual({ items: [product('SKU-5', inCache)] });
  expect((await get('/v1/products')).body.items).toHaveLength(5);
  expect(inventory.received).toHaveLength(0);
  expect(await outcome('hit')).toBe(hits + 5);
});

test.each([
  ['nothing', undefined],
  ['a claim of somebody who fills it', '{"claim":"x","available":9,"epoch":1,"n":1,"asOf":"2026-01-01T00:00:00.000Z"}'],
  ['no JSON', 'x'],
  ['another product', JSON.stringify(product('SKU-4', inCache))],
  ['a product of another shape', JSON.stringify({ ...product('SKU-3', inCache), price: 14 })],
])('%s in the cache is a miss, of the product and of each page with it', async (_name, text) => {
  await warm();
  if (text === undefined) await admin.del(productKeys.product('SKU-3'));
  else await admin.set(productKeys.product('SKU-3'), text);
  expect((await get('/v1/products/SKU-3')).body).toEqual(product('SKU-3', inInventory));
  expect((await get('/v1/products?limit=5')).body.items[0]).toEqual(product('SKU-1', inInventory));
  expect(inventory.received.map(({ path }) => path)).toEqual(['/products/SKU-3', '/products?limit=5']);
});

test('a page beyond the index, and a cursor that is none of ours, are asked of inventory', async () => {
  await warm();
  await admin.zrem(productKeys.skus, lastSku);
  expect((await get('/v1/products?limit=5')).body.items[0]?.available).toBe(inInventory);
  expect((await get('/v1/products?limit=4')).body.items[0]?.available).toBe(inCache);
  await get('/v1/products?cursor=nonsense');
  expect(inventory.received.map(({ path }) => path)).toEqual(['/products?limit=5', '/products?cursor=nonsense']);
});

test('without REDIS_URL, or with nobody there, the gateway starts and asks inventory', async () => {
  for (const env of [{}, { REDIS_URL: 'redis://127.0.0.1:1' }]) {
    const other = await open(env as Record<string, string>);
    const { body, ms } = await get('/v1/products/SKU-1', other.url);
    expect(body).toEqual(product('SKU-1', inInventory));
    expect(ms).toBeLessThan(500);
    await other.stop();
  }
});

test('a Redis that hangs delays what was under way, once; a killed one nothing; and it is used again when it is back', async () => {
  await warm();
  expect((await get('/v1/products/SKU-1')).body).toEqual(product('SKU-1', inCache));
  pause(redis.server);
  const hung = await Promise.all(skus.map((sku) => get(`/v1/products/${sku}`)));
  for (const [index, { body, ms }] of hung.entries()) {
    expect(body).toEqual(product(skus[index]!, inInventory));
    expect(ms).toBeLessThan(1_000);
  }
  expect((await get('/v1/products/SKU-1')).ms, 'given up').toBeLessThan(150);
  resume(redis.server);
  await expect.poll(async () => (await get('/v1/products/SKU-1')).body.available, { timeout: 5_000 }).toBe(inCache);

  await redis.server.kill();
  const away = await outcome('away');
  for (const sku of skus) {
    const { body, ms } = await get(`/v1/products/${sku}`);
    expect(body).toEqual(product(sku, inInventory));
    expect(ms).toBeLessThan(150);
  }
  expect((await get('/v1/products?limit=5')).status).toBe(200);
  expect(await outcome('away')).toBe(away + 6);
  await redis.restart();
  await expect.poll(() => admin.status, { timeout: 5_000 }).toBe('ready');
  await warm();
  await expect.poll(async () => (await get('/v1/products/SKU-1')).body.available, { timeout: 5_000 }).toBe(inCache);
});
