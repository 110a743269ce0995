import { randomUUID } from 'node:crypto';
import { slotOf } from '@ringshop/placement';
import { counted } from '@ringshop/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shop } from './shop.ts';

describe('a gateway with an old map', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterAll(() => shop?.close());

  it('acceptance 43: writes are refused with 421 and then routed right; none lands on the old owner', async () => {
    const customer = await shop.customer(await customerOf(shop, 'order-1'));
    await moveByHand(shop, slotOf(customer.id), 'order-1', 'order-2');
    const before = await ordersOn(shop, 'order_1');

    const answers = await Promise.all(Array.from({ length: 20 }, () => customer.place()));

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(await ordersOn(shop, 'order_1')).toBe(before);
    expect(await ordersOn(shop, 'order_2')).toBe(20);
    expect(await misdirected(shop)).toBeGreaterThan(0);
    await shop.adds();
  });
});

/** What live resharding will do step by step; this customer has no orders yet, so nothing has to be copied. */
async function moveByHand(shop: Shop, slot: number, from: string, to: string): Promise<void> {
  const map = await one(
    shop,
    'placement',
    'SELECT epoch, members, slots FROM placement_maps ORDER BY epoch DESC LIMIT 1',
  );
  const epoch = Number(map.epoch) + 1;
  const slots = (map.slots as string[]).with(slot, to);
  await one(shop, from.replace('-', '_'), 'DELETE FROM owned_slots WHERE slot = $1', [slot]);
  await one(shop, to.replace('-', '_'), 'INSERT INTO owned_slots (slot, epoch) VALUES ($1, $2)', [slot, epoch]);
  await one(shop, 'placement', 'INSERT INTO placement_maps (epoch, members, slots) VALUES ($1, $2, $3)', [
    epoch,
    JSON.stringify(map.members),
    JSON.stringify(slots),
  ]);
}

async function customerOf(shop: Shop, shard: string): Promise<string> {
  const { slots } = (await one(shop, 'placement', 'SELECT slots FROM placement_maps')) as { slots: string[] };
  for (;;) {
    const id = randomUUID();
    if (slots[slotOf(id)] === shard) return id;
  }
}

async function ordersOn(shop: Shop, database: string): Promise<number> {
  return Number((await one(shop, database, 'SELECT count(*) FROM orders')).count);
}

/** How often the gateway was told that it knocked on the wrong door. */
const misdirected = (shop: Shop) => counted(shop.system.operatorUrl, 'gateway_misdirected_total');

async function one(shop: Shop, database: string, text: string, values: unknown[] = []) {
  const url = new URL(shop.status.postgres.url);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query(text, values)).rows[0];
  } finally {
    await client.end();
  }
}
