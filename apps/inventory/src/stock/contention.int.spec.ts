import type { Line } from '@ringshop/contracts';
import type { Incoming } from '@ringshop/messaging';
import { registry } from '@ringshop/service-defaults';
import { faultProxy } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commitStock,
  full,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveStock,
  type Shop,
} from './shop.kit.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const scarce = Array.from({ length: 10 }, (_, index) => `SKU-090${index}`);
const randomOf = (limit: number) => Math.floor(Math.random() * limit);
const shuffled = <T>(items: readonly T[]) =>
  items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

async function count(metric: string): Promise<number> {
  const { values } = await registry.getSingleMetric(metric)!.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** Each replica works its share off in batches of random size, as its partitions would give it. */
async function handleAll(replicas: Replica[], messages: Incoming[], largest = 40): Promise<void> {
  const shares = replicas.map((_, index) => messages.filter((__, at) => at % replicas.length === index));
  const work = async ({ commands }: Replica, share: Incoming[]) => {
    while (share.length > 0) await commands.handle(share.splice(0, 1 + randomOf(largest)));
  };
  await Promise.all(replicas.map((replica, index) => work(replica, shares[index]!)));
}

async function answersTo(orders: readonly string[]): Promise<Record<string, number>> {
  const wanted = new Set(orders);
  const counts: Record<string, number> = {};
  for (const { orderId, name } of await shop.answers()) if (wanted.has(orderId)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const protections = {
  redis: 'with the lock',
  database: 'with row locks alone (27)',
  none: 'with no lock at all (27)',
};

for (const lock of ['redis', 'database', 'none'] as const) {
  describe(protections[lock], () => {
    let replicas: Replica[];
    beforeAll(async () => {
      replicas = await Promise.all([shop.replica({ lock }), shop.replica({ lock })]);
      for (const sku of scarce) await replicas[0]!.count.set(sku, 100);
    });

    it('sells exactly what there is to a crowd that wants more (15)', async () => {
      const orders = Array.from({ length: full ? 5_000 : 500 }, newOrder);
      await handleAll(
        replicas,
        orders.map((order) => reserveStock(order, [one('SKU-0900')])),
      );
      expect(await answersTo(orders)).toEqual({ 'stock-reserved': 100, 'out-of-stock': orders.length - 100 });
      expect(await shop.stock('SKU-0900')).toMatchObject({ available: 0 });
      expect(await shop.discrepancies()).toEqual([]);
    });

    it('knows no deadlock, and no half order, when many want several things in any order (24)', async () => {
      for (const sku of scarce) await replicas[0]!.count.set(sku, 100);
      const orders = new Map<string, Line[]>();
      for (let index = 0; index < (full ? 2_000 : 300); index++) {
        orders.set(
          newOrder(),
          shuffled(scarce)
            .slice(0, 3 + randomOf(3))
            .map((sku) => one(sku, 1 + randomOf(2))),
        );
      }
      // Alone and not awaited together with its neighbours, so that transactions of both replicas do overlap.
      await handleAll(
        replicas,
        [...orders].map(([order, lines]) => reserveStock(order, lines)),
        3,
      );
      const answers = await answersTo([...orders.keys()]);
      expect(answers['stock-reserved']! + answers['out-of-stock']!).toBe(orders.size);
      expect(answers['stock-reserved']).toBeGreaterThan(0);
      expect(await shop.discrepancies()).toEqual([]);
    });

    it('ends every reservation once when releases and commits of the same orders race', async () => {
      for (const sku of scarce) await replicas[0]!.count.set(sku, 1_000);
      const orders = Array.from({ length: full ? 2_000 : 200 }, newOrder);
      await handleAll(
        replicas,
        orders.map((order) => reserveStock(order, [one(scarce[randomOf(10)]!)])),
      );
      await Promise.all([
        handleAll([replicas[0]!], shuffled(orders).map(commitStock), 10),
        handleAll([replicas[1]!], shuffled(orders).map(releaseStock), 10),
      ]);
      const { 'stock-committed': sold = 0, 'reservation-gone': gone = 0 } = await answersTo(orders);
      expect(sold + gone).toBe(orders.length);
      expect(await shop.discrepancies()).toEqual([]);
    });
  });
}

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
    expect(await answersTo([first, second])).toEqual({ 'stock-reserved': 1, 'out-of-stock': 1 });
    expect(await shop.discrepancies()).toEqual([]);
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
  it('is flushed under load and nothing is oversold', async () => {
    const replicas = await Promise.all([shop.replica(), shop.replica()]);
    for (const sku of scarce) await replicas[0]!.count.set(sku, 100);
    const orders = Array.from({ length: full ? 4_000 : 600 }, newOrder);
    const epoch = await replicas[0]!.epoch.current();
    let flushed = 0;
    const flushing = setInterval(() => void shop.redis.flush().then(() => flushed++), 15);
    await handleAll(
      replicas,
      orders.map((order) => reserveStock(order, [one(scarce[randomOf(10)]!), one('SKU-0105')])),
      5,
    );
    clearInterval(flushing);
    const { 'stock-reserved': reserved = 0, 'out-of-stock': refused = 0 } = await answersTo(orders);
    expect(flushed).toBeGreaterThan(2);
    expect(await replicas[0]!.epoch.current()).toBeGreaterThan(epoch);
    expect(reserved + refused).toBe(orders.length);
    expect(await shop.discrepancies()).toEqual([]);
  });

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
    expect(await answersTo(orders)).toEqual({ 'stock-reserved': 200 });
    expect(await shop.stock('SKU-0111')).toMatchObject({ held: 200 });
    expect(await shop.discrepancies()).toEqual([]);
  });
});
