import { Purge } from '@ringshop/messaging';
import { createLogger } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { purgeRules } from './purge-rules.ts';
import {
  answersTo,
  commitStock,
  handleAll,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveStock,
  returnStock,
  type Shop,
} from './stock/shop.kit.ts';

const day = 24 * 60 * 60 * 1000;
const logger = createLogger('test', 'silent');
let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica({ holdMs: 200 * day });
});
beforeEach(() => shop.forgetAnswers());
afterAll(() => shop.close());

const purge = ({ pool }: Replica = replica, keepMs = 14 * day) => {
  const rules = purgeRules({ INBOX_KEEP_MS: keepMs, TOMBSTONE_KEEP_MS: keepMs });
  return new Purge({ pool, logger, everyMs: 20, rules });
};
const orders = (count: number) => Array.from({ length: count }, newOrder);
const reserve = (all: string[], sku: string) => replica.commands.handle(all.map((id) => reserveStock(id, [one(sku)])));
const age = (all: string[], days: number) =>
  shop.pool.query(
    `UPDATE reservations SET created_at = now() - $2 * interval '1 day', updated_at = now() - $2 * interval '1 day'
     WHERE order_id = ANY($1)`,
    [all, days],
  );
const statesOf = (all: string[]) => Promise.all(all.map(shop.stateOf));

/** One order in every state that a reservation can be in. */
async function oneOfEach(): Promise<{ needed: string[]; over: string[] }> {
  const [held, sold, released, refused, returned, expired] = orders(6) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const brief = await shop.replica({ holdMs: 1 });
  await brief.commands.handle([reserveStock(expired, [one('SKU-0001')])]);
  await eventually(() => brief.expiry.sweep());
  await reserve([held, sold, released, returned], 'SKU-0001');
  await replica.commands.handle([commitStock(sold), commitStock(returned), reserveStock(refused, [one('SKU-0910')])]);
  await replica.commands.handle([releaseStock(released), returnStock(returned)]);
  const [needed, over] = [
    [held, sold],
    [released, refused, returned, expired],
  ];
  expect(await statesOf(needed)).toEqual(['HELD', 'COMMITTED']);
  expect(await statesOf(over)).toEqual(['RELEASED', 'REFUSED', 'RETURNED', 'EXPIRED']);
  return { needed, over };
}

it('purges what ended without units after its time, and never what is held or sold, however old', async () => {
  const [old, young] = [await oneOfEach(), await oneOfEach()];
  await age([...old.needed, ...old.over], 100);
  await age([...young.needed, ...young.over], 13);
  expect(await purge().run()).toBe(4);
  expect(await statesOf(old.over)).toEqual([undefined, undefined, undefined, undefined]);
  expect(await statesOf(old.needed)).toEqual(['HELD', 'COMMITTED']);
  expect(await statesOf([...young.needed, ...young.over])).not.toContain(undefined);
  expect(await shop.discrepancies()).toEqual([]);
});

it('keeps a tombstone by its last change: an order that was sold long ago and is cancelled now is remembered', async () => {
  const [order] = orders(1) as [string];
  await reserve([order], 'SKU-0002');
  await replica.commands.handle([commitStock(order)]);
  await age([order], 100);
  await replica.commands.handle([returnStock(order)]);
  await purge().run();
  await shop.forgetAnswers();
  await replica.commands.handle([commitStock(order)]);
  expect(await shop.answerNames()).toEqual(['commit-refused']);
});

it('does not know a command any more whose tombstone is gone; one that carries its end is refused all the same', async () => {
  const [bare, dated] = orders(2) as [string, string];
  await replica.commands.handle([releaseStock(bare), releaseStock(dated)]);
  await age([bare, dated], 15);
  expect(await purge().run()).toBe(2);
  await shop.forgetAnswers();
  // Place-order sends the second kind. The first one is why nothing that old is ever re-driven.
  const expiresAt = new Date(Date.now() - 15 * day);
  await replica.commands.handle([
    reserveStock(bare, [one('SKU-0003')]),
    reserveStock(dated, [one('SKU-0003')], { expiresAt }),
  ]);
  expect(await shop.answerNames()).toEqual(['stock-reserved', 'reservation-refused']);
});

it('is done by two replicas while both work: every command is answered as ever', async () => {
  const old = orders(5_000);
  await shop.pool.query(
    `INSERT INTO reservations (order_id, state, lines, total_amount, currency, updated_at)
     SELECT id, 'RELEASED', '[]', 0, 'EUR', now() - interval '15 days' FROM unnest($1::uuid[]) AS id`,
    [old],
  );
  const replicas = [replica, await shop.replica({ holdMs: 200 * day })];
  const buyers = orders(400);
  const [gone] = await Promise.all([
    Promise.all(replicas.map((each) => purge(each).run())),
    handleAll(
      replicas,
      buyers.map((order) => reserveStock(order, [one('SKU-0004')])),
    ),
    // Late commands for orders that are being purged at this moment.
    replica.commands.handle(old.slice(0, 100).map(releaseStock)),
  ]);
  expect(gone.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(4_900);
  expect(await answersTo(shop, old)).toEqual({ 'stock-released': 100 });
  expect(await answersTo(shop, buyers)).toEqual({ 'stock-reserved': 400 });
  expect(await shop.discrepancies()).toEqual([]);
});

it('keeps the tables flat while orders come, are cancelled and go (53)', async () => {
  const quick = purge(replica, 200);
  quick.start();
  const sizes: { rows: number; pages: number }[] = [];
  for (let round = 0; round < 5; round++) {
    for (let batch = 0; batch < 4; batch++) {
      const all = orders(100);
      await reserve(all, `SKU-00${20 + batch}`);
      await replica.commands.handle(all.map((order, index) => (index % 2 === 0 ? returnStock : releaseStock)(order)));
      await shop.forgetAnswers();
    }
    await eventually(async () => (await tombstones()) === 0);
    await shop.pool.query('VACUUM reservations, outbox');
    sizes.push(await sizeOf());
  }
  await quick.stop();
  const [first, ...later] = sizes.slice(1);
  for (const { rows, pages } of later) {
    expect(rows).toBe(first!.rows);
    expect(pages).toBeLessThanOrEqual(first!.pages);
  }
});

const tombstones = async () => {
  const { rows } = await shop.pool.query(
    `SELECT count(*)::int FROM reservations WHERE state IN ('RELEASED', 'RETURNED')`,
  );
  return rows[0].count as number;
};

async function sizeOf() {
  const { rows } = await shop.pool.query(
    `SELECT (SELECT count(*)::int FROM reservations) AS rows,
       (SELECT sum(pg_relation_size(oid) / 8192)::int FROM pg_class
        WHERE relname IN ('reservations', 'reservations_pkey', 'reservations_held_until')) AS pages`,
  );
  return rows[0] as { rows: number; pages: number };
}
