import type { Logger } from '@ringshop/service-defaults';
import { type FaultProxy, faultProxy } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  commitStock,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveOne,
  reserveStock,
  returnStock,
  type Shop,
} from './shop.kit.ts';

let shop: Shop;
let proxy: FaultProxy;

beforeAll(async () => {
  shop = await openShop();
  proxy = await faultProxy(shop.redis.url);
});
beforeEach(() => shop.forgetAnswers());
afterAll(async () => {
  await shop.close();
  await proxy.close();
});

const behindProxy = (options: Parameters<Shop['replica']>[0] = {}) =>
  shop.replica({ redisUrl: proxy.through(shop.redis.url), ...options });

async function recovered({ guard }: Replica, handle: () => Promise<void>): Promise<void> {
  await proxy.pass();
  // A command is a trial too, and comes sooner than the one that is made without any.
  await expect.poll(async () => handle().then(guard.note), { timeout: 5_000, interval: 50 }).toBeUndefined();
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

type Five = [string, string, string, string, string];

describe('STOCK_LOCK_FALLBACK=refuse', () => {
  it('takes no units while Redis is away, tells a repeated command the same for good, and goes on giving back and selling', async () => {
    const replica = await behindProxy({ whileAway: 'refuse', holdMs: 1 });
    const { commands, expiry, count } = replica;
    const [sold, released, returned, expired, refused] = Array.from({ length: 5 }, newOrder) as Five;
    const all = [sold, released, returned, expired];
    await commands.handle(all.map((order) => reserveStock(order, [one('SKU-0200', 2)])));
    await commands.handle([commitStock(returned)]);
    await shop.forgetAnswers();
    await proxy.refuse();

    const reserve = reserveStock(refused, [one('SKU-0200')]);
    await commands.handle([reserve, commitStock(sold), releaseStock(released), reserveStock(sold, [one('SKU-0200')])]);
    await commands.handle([reserve, returnStock(returned)]);
    await expect(expiry.sweep()).resolves.toBe(1);
    await expect(count.set('SKU-0201', 5)).resolves.toMatchObject({ after: 5 });
    const first = ['stock-unavailable', 'stock-committed', 'stock-released', 'stock-reserved'];
    expect(await shop.answerNames()).toEqual([...first, 'stock-unavailable', 'stock-returned']);
    expect(await shop.stateOf(refused)).toBe('REFUSED');
    expect(await shop.stock('SKU-0200')).toMatchObject({ available: 999_998, held: 0, sold: 2 });

    await recovered(replica, () => commands.handle([reserve]));
    expect(new Set((await shop.answerNames()).slice(6)), 'also when Redis is back').toEqual(
      new Set(['stock-unavailable']),
    );
    await reserveOne(replica, 'SKU-0200');
    expect((await shop.answerNames()).at(-1)).toBe('stock-reserved');
    expect(await shop.discrepancies()).toEqual([]);
  });
});

describe.each(['database', 'refuse'] as const)('a Redis that hangs (fallback: %s)', (whileAway) => {
  it('delays the batch that finds out, and no other; is told in readiness and, once each, in the log', async () => {
    const sku = whileAway === 'refuse' ? 'SKU-0211' : 'SKU-0210';
    const told: string[] = [];
    const tell = (_about: unknown, text: string) => told.push(text);
    const replica = await behindProxy({ whileAway, logger: { warn: tell, info: tell } as unknown as Logger });
    await reserveOne(replica, sku);
    expect(replica.guard.note()).toBeUndefined();
    const dropped = proxy.counts.droppedReplies;
    proxy.dropReplies();

    expect(await took(() => reserveOne(replica, sku))).toBeLessThan(2_500);
    const others = await took(async () => {
      for (let batch = 0; batch < 20; batch++) await reserveOne(replica, sku);
    });
    expect(others, '20 batches that need not find out').toBeLessThan(2_000);
    expect(proxy.counts.droppedReplies).toBeGreaterThan(dropped);
    expect(replica.guard.note()).toContain('Redis is away');
    const answer = whileAway === 'refuse' ? 'stock-unavailable' : 'stock-reserved';
    expect((await shop.answerNames()).slice(1)).toEqual(Array(21).fill(answer));

    proxy.cut();
    await recovered(replica, () => reserveOne(replica, sku));
    expect(told).toEqual([
      'stock is protected as configured',
      expect.stringContaining('Redis is away'),
      'stock is protected as configured',
    ]);
    expect(await shop.discrepancies()).toEqual([]);
  });
});

describe('a Redis that is back', () => {
  it('is noticed also while nobody buys anything', async () => {
    const replica = await behindProxy();
    await reserveOne(replica, 'SKU-0215');
    proxy.dropReplies();
    await reserveOne(replica, 'SKU-0215');
    expect(replica.guard.note()).toContain('Redis is away');
    proxy.cut();
    await proxy.pass();
    await expect.poll(replica.guard.note, { timeout: 10_000 }).toBeUndefined();
  });
});

describe('a Redis that refuses', () => {
  it('because it is full: a trial now and then asks it, and not every batch', async () => {
    const replica = await shop.replica();
    const redis = replica.redis!;
    const asked = async () => {
      const [calls] = (await redis.info('commandstats')).match(/(?<=cmdstat_evalsha:calls=)\d+/) ?? ['0'];
      return Number(calls);
    };
    await reserveOne(replica, 'SKU-0220');
    await redis.config('SET', 'maxmemory', '1');
    const before = await asked();
    for (let batch = 0; batch < 50; batch++) await reserveOne(replica, 'SKU-0220');
    const trials = (await asked()) - before;
    await redis.config('SET', 'maxmemory', '0');
    expect(trials).toBeGreaterThan(0);
    expect(trials, 'commands that reached Redis for 50 batches').toBeLessThan(25);
    expect(await shop.stock('SKU-0220')).toMatchObject({ held: 51 });
    await recovered(replica, () => reserveOne(replica, 'SKU-0220'));
  });
});

describe('a lock that nobody gives back', () => {
  const stuck = (sku: string) => `inventory:{stock}:lock:${sku}`;

  it('keeps its SKU waiting and no other order of the batch, and is passed by in the end', async () => {
    const replica = await shop.replica({ ttlMs: 500 });
    const [blocked, free] = [newOrder(), newOrder()];
    await reserveOne(replica, 'SKU-0230');
    await replica.redis!.set(stuck('SKU-0230'), 'a holder that died, and no time to live');
    const handled = replica.commands.handle([
      reserveStock(blocked, [one('SKU-0230'), one('SKU-0231')]),
      reserveStock(free, [one('SKU-0232')]),
    ]);
    await expect.poll(() => shop.stateOf(free)).toBe('HELD');
    expect(await shop.stateOf(blocked)).toBeUndefined();
    expect(await took(() => handled)).toBeLessThan(2_000);
    expect(await shop.stateOf(blocked)).toBe('HELD');
    await replica.redis!.del(stuck('SKU-0230'));
  });

  it('is not waited for by an order whose time is over: it is answered then, and takes nothing', async () => {
    const replica = await shop.replica();
    await reserveOne(replica, 'SKU-0240');
    await replica.redis!.set(stuck('SKU-0240'), 'a holder that died');
    const order = newOrder();
    const expiresAt = new Date(Date.now() + 300);
    const waited = await took(() => replica.commands.handle([reserveStock(order, [one('SKU-0240')], { expiresAt })]));
    expect(waited).toBeGreaterThan(250);
    expect(waited).toBeLessThan(2_000);
    expect((await shop.answerNames()).at(-1)).toBe('reservation-refused');
    expect(await shop.stock('SKU-0240')).toMatchObject({ held: 1 });
    await replica.redis!.del(stuck('SKU-0240'));
  });
});
