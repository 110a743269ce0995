import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  replica = await shop.replica();
});
beforeEach(() => shop.forgetAnswers());
afterAll(() => shop.close());

describe('reserve-stock', () => {
  it('prices and holds every line', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0001', 2), one('SKU-0002')])]);
    const [answer] = await shop.answers();
    expect(answer).toMatchObject({ orderId: order, name: 'stock-reserved' });
    const { lines, total, heldUntil } = answer!.data as {
      lines: { quantity: number; unitPrice: { amount: number } }[];
      total: { amount: number };
      heldUntil: string;
    };
    expect(total.amount).toBe(lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0));
    expect(Date.parse(heldUntil)).toBeGreaterThan(Date.now());
    expect(await shop.stock('SKU-0001')).toMatchObject({ available: 999_998, held: 2, sold: 0 });
  });

  it('is all or nothing for one order and harms no neighbour', async () => {
    const [enough, short] = [newOrder(), newOrder()];
    await replica.commands.handle([
      reserveStock(short, [one('SKU-0003'), one('SKU-0910'), one('SKU-0911')]),
      reserveStock(enough, [one('SKU-0003')]),
    ]);
    expect(await shop.answers()).toMatchObject([
      { orderId: short, name: 'out-of-stock', data: { skus: ['SKU-0910', 'SKU-0911'] } },
      { orderId: enough, name: 'stock-reserved' },
    ]);
    expect(await shop.stock('SKU-0003')).toMatchObject({ held: 1 });
  });

  it('counts several lines of one SKU together', async () => {
    const [much, fits] = [newOrder(), newOrder()];
    await replica.commands.handle([
      reserveStock(much, [one('SKU-0900', 60), one('SKU-0900', 60)]),
      reserveStock(fits, [one('SKU-0900', 60), one('SKU-0900', 40)]),
    ]);
    expect(await shop.answerNames()).toEqual(['out-of-stock', 'stock-reserved']);
    expect(await shop.stock('SKU-0900')).toMatchObject({ available: 0, held: 100 });
  });

  it('refuses unknown products and a changed price', async () => {
    await replica.commands.handle([
      reserveStock(newOrder(), [one('SKU-0004'), one('SKU-9999')]),
      reserveStock(newOrder(), [one('SKU-0004')], { expectedTotal: 1 }),
    ]);
    const answers = await shop.answers();
    expect(answers[0]).toMatchObject({ name: 'unknown-sku', data: { skus: ['SKU-9999'] } });
    expect(answers[1]?.name).toBe('price-changed');
    const { total } = answers[1]!.data as { total: { amount: number } };
    await replica.commands.handle([reserveStock(newOrder(), [one('SKU-0004')], { expectedTotal: total.amount })]);
    expect((await shop.answerNames()).at(-1)).toBe('stock-reserved');
  });

  it('takes nothing for a sender that has given up', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0005')], { expiresAt: new Date(Date.now() - 1) })]);
    expect(await shop.answerNames()).toEqual(['reservation-refused']);
    expect(await shop.stock('SKU-0005')).toMatchObject({ held: 0 });
  });
});

describe('a command that arrives again', () => {
  it('has its effect once and gets the same answer, within a batch and later', async () => {
    const order = newOrder();
    const reserve = () => reserveStock(order, [one('SKU-0010', 3)]);
    await replica.commands.handle([reserve(), reserve()]);
    await replica.commands.handle([reserve()]);
    await replica.commands.handle([commitStock(order), commitStock(order)]);
    await replica.commands.handle([commitStock(order), reserve()]);
    const answers = await shop.answers();
    const reserved = answers.filter(({ name }) => name === 'stock-reserved');
    expect(reserved).toHaveLength(4);
    for (const answer of reserved) expect(answer).toEqual(reserved[0]);
    expect(answers.filter(({ name }) => name === 'stock-committed')).toHaveLength(3);
    expect(await shop.stock('SKU-0010')).toMatchObject({ available: 999_997, held: 0, sold: 3 });
  });

  it('is refused again even when the stock has come back', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0912')])]);
    await replica.count.set('SKU-0912', 5);
    await replica.commands.handle([reserveStock(order, [one('SKU-0912')])]);
    expect(await shop.answers()).toMatchObject([
      { name: 'out-of-stock' },
      { name: 'out-of-stock', data: { skus: ['SKU-0912'] } },
    ]);
    expect(await shop.stock('SKU-0912')).toMatchObject({ available: 5, held: 0 });
  });

  it('has its effect once when two replicas handle it at the same moment', async () => {
    const replicas = await Promise.all([shop.replica({ lock: 'database' }), shop.replica({ lock: 'none' })]);
    for (let round = 0; round < 20; round++) {
      const orders = Array.from({ length: 5 }, newOrder);
      const batch = () => orders.map((order) => reserveStock(order, [one('SKU-0011')]));
      const handled = await Promise.allSettled(replicas.map(({ commands }) => commands.handle(batch())));
      // Whoever comes second may be told to try again, and then finds the answer.
      for (const result of handled) if (result.status === 'rejected') expect(result.reason.name).toBe('RetriableError');
      await replicas[0]!.commands.handle(batch());
    }
    expect(await shop.stock('SKU-0011')).toMatchObject({ available: 999_900, held: 100 });
    expect(await shop.discrepancies()).toEqual([]);
  });
});

describe('release-stock', () => {
  it('gives back once', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0020', 4)])]);
    await replica.commands.handle([releaseStock(order), releaseStock(order)]);
    await replica.commands.handle([releaseStock(order)]);
    expect(await shop.answerNames()).toEqual(['stock-reserved', 'stock-released', 'stock-released', 'stock-released']);
    expect(await shop.stock('SKU-0020')).toMatchObject({ available: 1_000_000, held: 0 });
  });

  it('before its reserve leaves a tombstone that refuses the late reserve (8)', async () => {
    const [apart, together] = [newOrder(), newOrder()];
    await replica.commands.handle([releaseStock(apart)]);
    await replica.commands.handle([reserveStock(apart, [one('SKU-0021')])]);
    await replica.commands.handle([releaseStock(together), reserveStock(together, [one('SKU-0021')])]);
    expect(await shop.answerNames()).toEqual([
      'stock-released',
      'reservation-refused',
      'stock-released',
      'reservation-refused',
    ]);
    expect(await shop.stateOf(apart)).toBe('RELEASED');
    expect(await shop.stock('SKU-0021')).toMatchObject({ held: 0 });
  });

  it('in one batch with its reserve leaves nothing held', async () => {
    const order = newOrder();
    await replica.commands.handle([reserveStock(order, [one('SKU-0022')]), releaseStock(order)]);
    expect(await shop.answerNames()).toEqual(['stock-reserved', 'stock-released']);
    expect(await shop.stock('SKU-0022')).toMatchObject({ available: 1_000_000, held: 0 });
  });

  it('after a commit takes nothing back, and a commit after it is refused', async () => {
    const [sold, released] = [newOrder(), newOrder()];
    await replica.commands.handle([reserveStock(sold, [one('SKU-0023')]), reserveStock(released, [one('SKU-0023')])]);
    await replica.commands.handle([
      commitStock(sold),
      releaseStock(sold),
      releaseStock(released),
      commitStock(released),
    ]);
    expect((await shop.answerNames()).slice(2)).toEqual([
      'stock-committed',
      'stock-released',
      'stock-released',
      'reservation-gone',
    ]);
    expect(await shop.stock('SKU-0023')).toMatchObject({ available: 999_999, held: 0, sold: 1 });
  });
});

describe('expiry', () => {
  it('gives units back, and a late commit takes them again while there are some', async () => {
    const brief = await shop.replica({ holdMs: 20 });
    const [lucky, late] = [newOrder(), newOrder()];
    await brief.commands.handle([reserveStock(lucky, [one('SKU-0901', 100)])]);
    await sleep(30);
    await expect(brief.expiry.sweep()).resolves.toBe(1);
    await brief.commands.handle([reserveStock(late, [one('SKU-0901', 60)])]);
    await sleep(30);
    await expect(brief.expiry.sweep()).resolves.toBe(1);
    await brief.commands.handle([commitStock(lucky), commitStock(late), commitStock(late)]);
    expect((await shop.answerNames()).slice(2)).toEqual(['stock-committed', 'reservation-gone', 'reservation-gone']);
    await replica.count.set('SKU-0901', 500);
    await brief.commands.handle([commitStock(late)]);
    expect((await shop.answerNames()).at(-1), 'gone is final, also when stock comes back').toBe('reservation-gone');
    expect(await shop.stock('SKU-0901')).toMatchObject({ available: 500, held: 0, sold: 100 });
  });

  it('is swept once by any number of replicas, and races a commit without harm', async () => {
    const brief = await shop.replica({ holdMs: 20 });
    const others = await Promise.all([shop.replica(), shop.replica({ lock: 'database' })]);
    const orders = Array.from({ length: 300 }, newOrder);
    await brief.commands.handle(orders.map((order, index) => reserveStock(order, [one(`SKU-00${30 + (index % 10)}`)])));
    await sleep(30);
    const commits = orders.slice(0, 150).map(commitStock);
    const [, ...swept] = await Promise.all([
      brief.commands.handle(commits),
      ...[brief, ...others].map(({ expiry }) => expiry.sweep()),
    ]);
    swept.push(await brief.expiry.sweep());
    const { rows } = await shop.pool.query(
      `SELECT state, count(*)::int FROM reservations WHERE order_id = ANY($1) GROUP BY 1`,
      [orders],
    );
    expect(Object.fromEntries(rows.map(({ state, count }) => [state, count]))).toEqual({
      COMMITTED: 150,
      EXPIRED: 150,
    });
    expect(swept.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(150);
    expect(await shop.discrepancies()).toEqual([]);
  });
});

describe("an operator's count", () => {
  it('enters the ledger as what came in or went out', async () => {
    await expect(replica.count.set('SKU-0050', 1_000_010)).resolves.toEqual({
      sku: 'SKU-0050',
      before: 1_000_000,
      after: 1_000_010,
    });
    await replica.count.set('SKU-0050', 7);
    await replica.count.set('SKU-0050', 7);
    expect(await shop.entriesOf('SKU-0050')).toEqual([
      ['initial', 1_000_000, 0, 0],
      ['restock', 10, 0, 0],
      ['write-off', -1_000_003, 0, 0],
    ]);
    expect(await shop.discrepancies()).toEqual([]);
    await expect(replica.count.set('SKU-9999', 7)).rejects.toMatchObject({ code: 'not-found' });
  });
});
