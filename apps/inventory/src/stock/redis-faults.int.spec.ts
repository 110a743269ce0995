import { eventually, type FaultProxy, faultProxy, type TestRedis, testRedis } from '@ringshop/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from '../lock/redis-connection.ts';
import { Circulation } from './circulation.kit.ts';
import { count, full, newOrder, one, openShop, type Replica, reserveOne, reserveStock, type Shop } from './shop.kit.ts';

/** How often a fault strikes. */
const times = full ? 20 : 3;
const units = 8;
const hour = 3_600_000;
const scarce = Array.from({ length: 10 }, (_, index) => `SKU-090${index}`);
const anyOf = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)]!;
const lastUnits = () => [...new Set([anyOf(scarce), anyOf(scarce), anyOf(scarce)])].map((sku) => one(sku));
const refusals = () => count('inventory_fence_refused_total');

/**
 * A jump of Redis' clock by `ms`. A time to live is kept as an instant of the wall clock, and so is when a waiter last
 * asked; those are all the instants there are, so that moving them the other way is the same as moving the clock, on a
 * machine whose own clock must stay. Answers how many locks it met.
 */
const jump = (redis: Redis, ms: number) =>
  redis.eval(
    `local wanted = redis.call('HGETALL', KEYS[1])
     for i = 1, #wanted, 2 do
       local want = cjson.decode(wanted[i + 1])
       want.at = want.at - ARGV[1]
       redis.call('HSET', KEYS[1], wanted[i], cjson.encode(want))
     end
     local met = 0
     for _, key in ipairs(redis.call('KEYS', '*')) do
       local left = redis.call('PTTL', key)
       if left >= 0 then
         redis.call('PEXPIRE', key, left - ARGV[1])
         met = met + (string.find(key, ':lock:', 1, true) and 1 or 0)
       end
     end
     return met`,
    1,
    'inventory:{stock}:wanted',
    ms,
  ) as Promise<number>;

describe.each([1, 2, 3])('with %i replicas', (size) => {
  let shop: Shop;
  let server: TestRedis;
  let proxy: FaultProxy;
  let replicas: Replica[];
  let redis: Redis;

  beforeAll(async () => {
    [shop, server] = await Promise.all([openShop(), testRedis()]);
    proxy = await faultProxy(server.url);
    const redisUrl = proxy.through(server.url);
    replicas = await Promise.all(Array.from({ length: size }, () => shop.replica({ redisUrl })));
    redis = connectRedis(redisUrl);
    await redis.connect();
    for (const sku of scarce) await replicas[0]!.count.set(sku, units);
  });
  afterAll(async () => {
    redis.disconnect();
    await shop.close();
    await proxy.close();
    await server.stop();
  });

  const connected = () =>
    [redis, ...replicas.map((replica) => replica.redis!)].every(({ status }) => status === 'ready');
  beforeEach(() => eventually(connected));

  /** Ends every connection, and waits until all of them lead to the other server. */
  async function failOver(url: string): Promise<void> {
    const before = proxy.counts.connections;
    proxy.leadTo(url);
    await eventually(() => proxy.counts.connections > before + size && connected());
  }

  const epochNow = () => replicas[0]!.epoch.current();

  /** When nothing is under way any more: each order was told one thing, and every unit is somewhere. */
  async function expectSound(orders: readonly string[]): Promise<void> {
    const told = new Map<string, Set<string>>();
    for (const { orderId, name } of await shop.answers()) {
      if (name !== 'stock-released') told.set(orderId, (told.get(orderId) ?? new Set()).add(name));
    }
    for (const order of orders) expect([...told.get(order)!]).toHaveLength(1);
    expect(await shop.discrepancies()).toEqual([]);
    for (const sku of scarce) {
      const { available, held } = await shop.stock(sku);
      expect(available).toBeGreaterThanOrEqual(0);
      expect(available + held).toBe(units);
    }
  }

  /** All replicas are connected and work under the lock. */
  async function locked(work: Circulation): Promise<void> {
    await eventually(async () => {
      const alone = await count('inventory_database_only_total');
      await work.round();
      return (await count('inventory_database_only_total')) === alone;
    });
  }

  it(`FLUSHALL under load, ${times} times: one replica raises the epoch, and work goes on (18)`, async () => {
    const work = new Circulation(replicas, lastUnits);
    await work.round();
    for (let flush = 0; flush < times; flush++) {
      const before = await epochNow();
      await redis.flushall();
      expect(await work.round()).toBeLessThan(5_000);
      expect(await epochNow()).toBe(before + 1);
    }
    await work.stop();
    await expectSound(work.orders);
  });

  it(`killed under load and back without its data, ${times} times: a new epoch, and nothing is oversold (19)`, async () => {
    const work = new Circulation(replicas, lastUnits);
    const alone = await count('inventory_database_only_total');
    for (let death = 0; death < times; death++) {
      await locked(work);
      const before = await epochNow();
      server.server.kill();
      await work.round();
      await server.restart({ empty: true });
      await locked(work);
      expect(await epochNow()).toBeGreaterThan(before);
    }
    await work.stop();
    expect(await count('inventory_database_only_total')).toBeGreaterThan(alone);
    await expectSound(work.orders);
  });

  it('a fail-over to a lagging replica hands a token out again: the second writer is refused (19)', async () => {
    const [holder, other] = [replicas[0]!, replicas.at(-1)!];
    await reserveOne(holder, 'SKU-0200');
    const standby = await standbyOf(server);
    await standby.hears(await lastToken(redis, 'SKU-0200'), 'SKU-0200');
    // From here on it hears nothing more. Redis acknowledges what no replica has, so a fail-over goes back in time.
    await standby.link.refuse();
    const work = new Circulation(replicas, lastUnits);
    await work.round();

    const [before, refused] = [await epochNow(), await refusals()];
    const given: unknown[] = [];
    let attempts = 0;
    await holder.guard.change(['SKU-0200'], async (change) => {
      if (++attempts === 1) {
        given.push(await lastToken(redis, 'SKU-0200'));
        await standby.redis.replicaof('NO', 'ONE');
        server.server.kill();
        await failOver(standby.url);
        await reserveOne(other, 'SKU-0200');
        given.push(await lastToken(redis, 'SKU-0200'));
      }
      const shelves = await change.lock(['SKU-0200']);
      shelves.adjust('SKU-0200', -1);
      await change.save(shelves, 'write-off');
    });
    expect(given[1], 'the same token twice').toEqual(given[0]);
    expect(attempts).toBeGreaterThan(1);
    expect(await refusals()).toBeGreaterThan(refused);
    expect(await shop.stock('SKU-0200')).toMatchObject({ available: 999_997, held: 2 });

    await locked(work);
    await work.stop();
    expect(await epochNow(), 'tokens of before are behind for good').toBeGreaterThan(before);
    await expectSound(work.orders);
    await server.restart();
    await failOver(server.url);
    await standby.close();
  });

  it('its clock jumps an hour ahead: a lock vanishes under its holder, whose write is refused (20)', async () => {
    const [holder, other] = [replicas[0]!, replicas.at(-1)!];
    const refused = await refusals();
    let attempts = 0;
    await holder.guard.change(['SKU-0201'], async (change) => {
      if (++attempts === 1) {
        expect(await jump(redis, hour)).toBeGreaterThan(0);
        await reserveOne(other, 'SKU-0201');
      }
      const shelves = await change.lock(['SKU-0201']);
      shelves.adjust('SKU-0201', -1);
      await change.save(shelves, 'write-off');
    });
    expect(attempts).toBe(2);
    expect(await refusals()).toBe(refused + 1);
    expect(await shop.stock('SKU-0201')).toMatchObject({ available: 999_998, held: 1 });
    expect(await shop.discrepancies()).toEqual([]);
  });

  it(`its clock jumps to and fro under load, ${times} times: nothing is oversold (20)`, async () => {
    const work = new Circulation(replicas, lastUnits);
    for (let time = 0; time < times; time++) {
      for (const ms of [hour, -hour]) {
        // Only a jump that meets a lock is one.
        await eventually(() => jump(redis, ms), { every: 1 });
        expect(await work.round()).toBeLessThan(5_000);
      }
    }
    await work.stop();
    await expectSound(work.orders);
  });

  it('its answer to the acquire of a batch is lost: nothing is reserved twice, and nobody waits for itself (22)', async () => {
    const lossy = await faultProxy(server.url);
    const replica = await shop.replica({ redisUrl: lossy.through(server.url) });
    const orders = Array.from({ length: 60 }, newOrder);
    const batch = orders.map((order, index) =>
      reserveStock(order, [one(`SKU-03${10 + (index % 30)}`), one('SKU-0300')]),
    );
    await replica.commands.handle([reserveStock(newOrder(), [one('SKU-0300')])]);
    const before = await lastToken(redis, 'SKU-0300');
    for (let time = 0; time < times; time++) {
      await asksRedis(replica);
      const dropped = lossy.counts.droppedReplies;
      lossy.dropReplies();
      const startedAt = performance.now();
      const handled = replica.commands.handle(batch);
      await eventually(() => lossy.counts.droppedReplies > dropped, { every: 1 });
      await lossy.pass();
      await handled;
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
    expect(await lastToken(redis, 'SKU-0300'), 'no second token for a request that asks again').toBe(before! + times);
    expect(await shop.stock('SKU-0300')).toMatchObject({ held: 61 });
    await expectSound(orders);
    await lossy.close();
  });
});

/** A circuit that has opened closes again by a batch that tries. */
const asksRedis = (replica: Replica) =>
  eventually(async () => {
    const alone = await count('inventory_database_only_total');
    await reserveOne(replica, 'SKU-0202');
    return (await count('inventory_database_only_total')) === alone;
  });

async function standbyOf({ url }: TestRedis) {
  const server = await testRedis();
  const link = await faultProxy(url);
  const [master, redis] = [connectRedis(url), connectRedis(server.url)];
  await Promise.all([master.connect(), redis.connect()]);
  await master.config('SET', 'repl-diskless-sync-delay', '0');
  master.disconnect();
  await redis.replicaof('127.0.0.1', link.port);
  return {
    url: server.url,
    link,
    redis,
    hears: (token: number | undefined, sku: string) =>
      eventually(async () => token !== undefined && (await lastToken(redis, sku)) === token),
    async close() {
      redis.disconnect();
      await link.close();
      await server.stop();
    },
  };
}

async function lastToken(redis: Redis, sku: string): Promise<number | undefined> {
  const text = await redis.hget('inventory:{stock}:tokens', `inventory:{stock}:lock:${sku}`);
  return text === null ? undefined : Number(text);
}
