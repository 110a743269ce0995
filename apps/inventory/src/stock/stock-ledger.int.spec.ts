import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commitStock,
  newOrder,
  one,
  openShop,
  type Replica,
  releaseStock,
  reserveStock,
  type Shop,
} from './shop.kit.ts';

let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica({ holdMs: 60_000 });
});
afterAll(() => shop.close());

const count = async () => (await shop.pool.query('SELECT count(*)::int FROM stock_ledger')).rows[0].count as number;
const initial = ['initial', 1_000_000, 0, 0];

describe('the stock ledger', () => {
  it('tells every movement of a SKU, and adds up to its stock', async () => {
    const [sold, released, late] = [newOrder(), newOrder(), newOrder()];
    const all = [sold, released, late];
    await replica.commands.handle(all.map((order, index) => reserveStock(order, [one('SKU-0001', index + 1)])));
    await replica.commands.handle([commitStock(sold), releaseStock(released)]);
    await replica.expiry.sweep(new Date(Date.now() + 61_000));
    await replica.commands.handle([commitStock(late)]);
    await replica.count.set('SKU-0001', 10);
    expect(await shop.entriesOf('SKU-0001')).toEqual([
      initial,
      ['orders', -6, 6, 0],
      ['orders', 2, -3, 1],
      ['expiry', 3, -3, 0],
      ['orders', -3, 0, 3],
      ['write-off', -999_986, 0, 0],
    ]);
    expect(await shop.stock('SKU-0001')).toMatchObject({ available: 10, held: 0, sold: 4 });
    expect(await shop.discrepancies()).toEqual([]);
  });

  it('has one entry a transaction, however many orders and SKUs it moved, and none where nothing moved', async () => {
    const skus = Array.from({ length: 100 }, (_, index) => `SKU-0${200 + index}`);
    const before = await count();
    const orders = skus.map((sku) => reserveStock(newOrder(), [one(sku), one('SKU-0199')]));
    await replica.commands.handle(orders);
    expect(await count()).toBe(before + 1);
    await replica.commands.handle(orders);
    await replica.commands.handle([reserveStock(newOrder(), [one('SKU-0910')])]);
    await replica.count.set('SKU-0910', 0);
    expect(await count()).toBe(before + 1);
    expect(await shop.entriesOf('SKU-0199')).toEqual([initial, ['orders', -100, 100, 0]]);
  });

  it('has no entry of a write that the fence refused', async () => {
    const before = await count();
    await shop.pool.query(`UPDATE stock SET fence_epoch = 1000000 WHERE sku = 'SKU-0300'`);
    const refused = replica.commands.handle([reserveStock(newOrder(), [one('SKU-0300'), one('SKU-0301')])]);
    await expect(refused).rejects.toThrow('the fence refused');
    expect(await count()).toBe(before);
    expect(await shop.stock('SKU-0301')).toMatchObject({ available: 1_000_000, held: 0 });
  });

  const changes = [
    'UPDATE stock_ledger SET available = held',
    'UPDATE stock_ledger SET kind = kind WHERE false',
    'DELETE FROM stock_ledger WHERE id = 1',
    'TRUNCATE stock_ledger',
    'TRUNCATE stock, stock_ledger CASCADE',
    'MERGE INTO stock_ledger USING stock ON id = 1 WHEN MATCHED THEN DELETE',
  ];
  it.each(changes)('refuses "%s", also to its owner and in a replication session', async (change) => {
    const before = await count();
    for (const role of ['origin', 'replica']) {
      const session = `SET LOCAL session_replication_role = ${role}`;
      await expect(shop.pool.query(`${session}; ${change}`), role).rejects.toMatchObject({
        code: '23001',
        message: expect.stringContaining('entries are only ever added'),
      });
    }
    expect(await count()).toBe(before);
  });

  it('counts in whole units: half of one is refused by every column', async () => {
    for (const column of ['available', 'held', 'sold']) {
      const half = shop.pool.query(`UPDATE stock SET ${column} = '0.5' WHERE sku = 'SKU-0400'`);
      await expect(half).rejects.toMatchObject({ code: '22P02' });
      const entry = shop.pool.query(`INSERT INTO stock_ledger (${column}) VALUES ('{0.5}')`);
      await expect(entry).rejects.toMatchObject({ code: '22P02' });
    }
    await expect(replica.commands.handle([reserveStock(newOrder(), [one('SKU-0400', 0.5)])])).rejects.toThrow('0.5');
    expect(await shop.entriesOf('SKU-0400')).toEqual([initial]);
    expect(await shop.stock('SKU-0400')).toMatchObject({ available: 1_000_000, held: 0, sold: 0 });
  });
});
