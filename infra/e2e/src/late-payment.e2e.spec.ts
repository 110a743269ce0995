import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Customer } from './customer.ts';
import { Shop } from './shop.ts';

const orders = process.env.RINGSHOP_TEST_SIZE === 'full' ? 100 : 10;

interface Ledger {
  payments: { orderId: string; authorised: number; captured: number; voided: number; refunded: number }[];
}

describe('a payment that answers after the saga gave up', () => {
  let shop: Shop;
  let customer: Customer;

  beforeAll(async () => {
    // The provider takes 5 s for `tok_slow`; the saga gives up after one.
    shop = await Shop.open({ env: { order: { STEP_DEADLINE_MS: '1000' } } });
    customer = await shop.customer();
  });
  afterAll(() => shop?.close());

  it('acceptance 6: the authorisation is voided, and none dangles at the provider', async () => {
    const placed = await Promise.all(
      Array.from({ length: orders }, () => customer.place({ token: 'tok_slow', wait: 0 })),
    );
    const ids = placed.map(({ body }) => body.orderId as string);
    for (const id of ids) {
      const order = await eventually(
        async () => {
          const { body } = await customer.get(`/v1/orders/${id}`);
          return body.status !== 'pending' && body;
        },
        { within: 30_000 },
      );
      expect(order).toMatchObject({ status: 'rejected', reason: 'timed-out' });
    }
    const late = await eventually(
      async () => {
        const { payments } = (await (await fetch(`${shop.urlOf('simulators')}/payments/ledger`)).json()) as Ledger;
        const ours = payments.filter(({ orderId }) => ids.includes(orderId));
        return ours.every(({ authorised, voided }) => voided === authorised) ? ours : undefined;
      },
      { within: 30_000, what: 'every late authorisation to be voided' },
    );
    expect(late.every(({ captured }) => captured === 0)).toBe(true);
    await shop.adds();
  });
});
