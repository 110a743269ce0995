import { faultProxy } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, count, handleAll, newOrder, one, openShop, reserveStock, type Shop } from './shop.kit.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

describe('without a lock', () => {
  it('writes no row that changed since it was read, whatever epochs the writers are in', async () => {
    const [early, late] = await Promise.all([shop.replica({ lock: 'none' }), shop.replica({ lock: 'none' })]);
    await early.count.set('SKU-0102', 1);
    await late.count.set('SKU-0103', 1);
    const [first, second] = [newOrder(), newOrder()];
    const refused = await count('inventory_fence_refused_total');
    let attempts = 0;
    await late.guard.change(['SKU-0102'], async (change) => {
      const shelves = await change.lock(['SKU-0102']);
      if (attempts++ === 0) await early.commands.handle([reserveStock(first, [one('SKU-0102')])]);
      if (shelves.available('SKU-0102') === 0) return;
      shelves.adjust('SKU-0102', -1);
      await change.save(shelves, 'write-off');
    });
    await late.commands.handle([reserveStock(second, [one('SKU-0102')])]);
    expect(attempts).toBe(2);
    expect(await count('inventory_fence_refused_total')).toBe(refused + 1);
    expect(await answersTo(shop, [first, second])).toEqual({ 'stock-reserved': 1, 'out-of-stock': 1 });
    expect(await shop.discrepancies()).toEqual([]);
  });
});

describe('the table', () => {
  it.each(['redis', 'database', 'none'] as const)('refuses a row with less than no units, lock: %s', async (lock) => {
    const replica = await shop.replica({ lock });
    const before = await shop.stock('SKU-0106');
    const oversold = replica.guard.change(['SKU-0106'], async (change) => {
      const shelves = await change.lock();
      shelves.adjust('SKU-0106', -before.available - 1);
      await change.save(shelves, 'write-off');
    });
    await expect(oversold).rejects.toThrow('stock_available_check');
    expect(await shop.stock('SKU-0106')).toMatchObject({ available: before.available, n: before.n });
  });
});

describe('the fence', () => {
  it('refuses a holder that slept until another one had written, and counts it', async () => {
    const [sleeper, other] = await Promise.all([shop.replica(), shop.replica()]);
    const refused = await count('inventory_fence_refused_total');
    let attempts = 0;
    await sleeper.guard.change(['SKU-0100'], async (change) => {
      if (++attempts === 1) {
        // As after a pause beyond the time to live: the lock is gone, and somebody else has been there.
        await sleeper.redis!.del('inventory:{stock}:lock:SKU-0100');
        await other.commands.handle([reserveStock(newOrder(), [one('SKU-0100')])]);
      }
      const shelves = await change.lock(['SKU-0100']);
      shelves.adjust('SKU-0100', -1);
      await change.save(shelves, 'write-off');
    });
    expect(attempts, 'refused, then done again under a new lock').toBe(2);
    expect(await count('inventory_fence_refused_total')).toBe(refused + 1);
    expect(await shop.stock('SKU-0100')).toMatchObject({ available: 999_998, held: 1 });
  });

  it('refuses a token that Redis handed out twice, and goes on with a new epoch', async () => {
    const replica = await shop.replica();
    await replica.commands.handle([reserveStock(newOrder(), [one('SKU-0101')])]);
    const before = await shop.stock('SKU-0101');
    await replica.redis!.hset('inventory:{stock}:tokens', 'inventory:{stock}:lock:SKU-0101', before.n - 1);
    await replica.commands.handle([reserveStock(newOrder(), [one('SKU-0101')])]);
    const after = await shop.stock('SKU-0101');
    expect(after.held).toBe(before.held + 1);
    expect(after.epoch).toBeGreaterThan(before.epoch);
  });
});

describe('a Redis that fails', () => {
  it('is away: the database works alone under a new epoch, and the lock takes over again when it is back', async () => {
    const proxy = await faultProxy(shop.redis.url);
    const replica = await shop.replica({ redisUrl: proxy.through(shop.redis.url) });
    const reserve = () => replica.commands.handle([reserveStock(newOrder(), [one('SKU-0110')])]);
    await reserve();
    const before = await shop.stock('SKU-0110');

    await proxy.refuse();
    const alone = await count('inventory_database_only_total');
    const startedAt = performance.now();
    for (let round = 0; round < 5; round++) await reserve();
    expect(performance.now() - startedAt, 'nothing waits for Redis').toBeLessThan(2_000);
    expect(await count('inventory_database_only_total')).toBe(alone + 5);
    expect((await shop.stock('SKU-0110')).epoch).toBe(before.epoch + 1);

    await proxy.pass();
    await expect.poll(() => replica.redis!.status, { timeout: 5_000 }).toBe('ready');
    for (let round = 0; round < 5; round++) await reserve();
    expect(await count('inventory_database_only_total')).toBe(alone + 5);
    expect(await shop.stock('SKU-0110')).toMatchObject({ held: before.held + 10 });
    expect((await shop.stock('SKU-0110')).epoch, 'its old tokens were refused').toBeGreaterThan(before.epoch + 1);
    await proxy.close();
  });

  it('answers one replica and not the other: both work, and nothing is lost', async () => {
    const replicas = await Promise.all([shop.replica(), shop.replica({ lock: 'database' })]);
    const orders = Array.from({ length: 200 }, newOrder);
    await handleAll(
      replicas,
      orders.map((order) => reserveStock(order, [one('SKU-0111')])),
      10,
    );
    expect(await answersTo(shop, orders)).toEqual({ 'stock-reserved': 200 });
    expect(await shop.stock('SKU-0111')).toMatchObject({ held: 200 });
    expect(await shop.discrepancies()).toEqual([]);
  });
});
