import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newOrder, one, openShop, type Replica, releaseStock, reserveStock, type Shop } from './shop.kit.ts';

let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica();
});
beforeEach(() => shop.forgetAnswers());
afterAll(() => shop.close());

describe('a command that no saga of ours would send does not stop the consumer by being tried for ever', () => {
  it('with other lines than the first reserve of its order: it is answered as the first one was', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0001')])]);
    await replica.commands.handle([reserveStock(order, [one('SKU-0002')]), releaseStock(order)]);
    await replica.commands.handle([reserveStock(order, [one('SKU-0002')])]);
    expect(await shop.answerNames()).toEqual([
      'stock-reserved',
      'stock-reserved',
      'stock-released',
      'reservation-refused',
    ]);
    expect(await shop.stock('SKU-0001')).toMatchObject({ available: 1_000_000, held: 0 });
    expect(await shop.stock('SKU-0002')).toMatchObject({ available: 1_000_000, held: 0 });
  });

  it('of a name that nothing here decides: it is refused for good, and not taken for a reserve', async () => {
    const strange = { ...reserveStock(newOrder(), [one('SKU-0003')]), name: 'book-parcel' };
    await expect(replica.commands.handle([strange])).rejects.toThrow('nothing here decides book-parcel');
    expect(await shop.stock('SKU-0003')).toMatchObject({ available: 1_000_000, held: 0 });
  });
});
