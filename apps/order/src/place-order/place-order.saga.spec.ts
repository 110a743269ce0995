import type { PricedLine } from '@ringshop/contracts';
import { timeline } from '@ringshop/saga';
import { given } from '@ringshop/saga/given';
import { describe, expect, it } from 'vitest';
import { placeOrderSaga } from './place-order.saga.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const total = { amount: 1_998, currency: 'EUR' } as const;
const lines: PricedLine[] = [{ sku: 'SKU-0001', quantity: 2, unitPrice: { amount: 999, currency: 'EUR' } }];
const reserved = { lines, total, heldUntil: '2026-01-01T12:15:00Z' };
const order = () =>
  given(
    placeOrderSaga({ confirmMarginMs: 5_000 }),
    { lines: [{ sku: 'SKU-0001', quantity: 2 }], token: 'sealed' },
    { now },
  );
const asked = () => order().sends('reserve-stock').replied('stock-reserved', reserved);
const confirmed = () =>
  asked().sends('authorise-payment').replied('payment-authorised', { amount: total }).sends('commit-stock');

describe('placing an order', () => {
  it('reserves, authorises, confirms, and then takes goods and money', () => {
    order()
      .sends('reserve-stock', { lines: [{ sku: 'SKU-0001', quantity: 2 }], expectedTotal: undefined })
      .replied('stock-reserved', reserved)
      .tells()
      .sends('authorise-payment', { amount: total, token: 'sealed' })
      .replied('payment-authorised', { amount: total })
      .tells('confirmed')
      .sends('commit-stock', {})
      .replied('stock-committed')
      .sends('capture-payment', { amount: total })
      .replied('payment-captured', { amount: total })
      .tells()
      .ends('completed');
  });

  it.each([
    ['out-of-stock', { skus: ['SKU-0910'] }, 'out-of-stock'],
    ['unknown-sku', { skus: ['SKU-9999'] }, 'unknown-sku'],
    ['price-changed', { total }, 'price-changed'],
    ['stock-unavailable', {}, 'stock-unavailable'],
    ['reservation-refused', {}, 'timed-out'],
  ] as const)('%s rejects it with nothing to undo', (reply, data, reason) => {
    order().sends('reserve-stock').replied(reply, data).tells('rejected').ends('compensated', reason);
  });

  it.each([
    ['payment-declined', { reason: 'insufficient_funds' }, 'payment-declined'],
    ['payment-refused', {}, 'timed-out'],
  ] as const)('%s gives the stock back before it is rejected', (reply, data, reason) => {
    const story = asked().tells().sends('authorise-payment').replied(reply, data).sends('release-stock').tells();
    story.replied('stock-released').tells('rejected').ends('compensated', reason);
  });

  it('without an answer from inventory is rejected as timed out, once the stock is surely free', () => {
    order()
      .sends('reserve-stock')
      .silence()
      .sends('release-stock')
      .replied('stock-released')
      .ends('compensated', 'timed-out');
  });

  it('without an answer from payment voids first, and releases then', () => {
    const story = asked().sends('authorise-payment').silence().sends('void-payment').replied('payment-voided');
    story.sends('release-stock').replied('stock-released').ends('compensated', 'timed-out');
  });

  it('is not confirmed when the reservation is about to expire', () => {
    const late = asked()
      .sends('authorise-payment')
      .after(15 * 60_000 - 4_999);
    late.replied('payment-authorised', { amount: total }).sends('void-payment').replied('payment-voided');
    late.sends('release-stock').replied('stock-released').tells('rejected').ends('compensated', 'timed-out');
    asked()
      .sends('authorise-payment')
      .after(15 * 60_000 - 5_000)
      .replied('payment-authorised', { amount: total })
      .sends('commit-stock');
  });

  it('is cancelled when the stock is lost after it was confirmed, and the money given back', () => {
    const story = confirmed().tells('confirmed').replied('reservation-gone').sends('void-payment');
    story.replied('payment-voided').sends('release-stock').replied('stock-released');
    story.tells('cancelled').ends('undone', 'stock-lost');
  });

  it('stays confirmed while the money cannot be taken, and is parked', () => {
    const story = confirmed().replied('stock-committed').sends('capture-payment');
    story.replied('capture-refused', { reason: 'provider is down' });
    for (let i = 0; i < 40; i++) story.silence().sends('capture-payment');
    story.parked().replied('payment-captured', { amount: total }).ends('completed');
  });

  it('acceptance 12: goes only forward while the capture fails for ten minutes, and is captured in the end', () => {
    const story = confirmed().tells('confirmed').replied('stock-committed').sends('capture-payment', { amount: total });
    let asked = 1;
    for (const failedAt = story.now; story.now - failedAt < 600_000; asked++) {
      if (asked % 2 === 0) story.replied('capture-refused', { reason: 'provider is down' });
      expect(story.calledOff('customer').saga.state).toBe('acting');
      story.silence().sends('capture-payment', { amount: total });
    }
    // Often at first, and then about four times a minute.
    expect(asked).toBeGreaterThan(50);
    expect(asked).toBeLessThan(70);
    story.parked().tells().replied('payment-captured', { amount: total }).tells().ends('completed');
  });

  it('takes a closed payment for an end, and says so in the timeline', () => {
    const story = confirmed()
      .replied('stock-committed')
      .sends('capture-payment')
      .replied('capture-refused', { reason: 'closed' });
    expect(timeline(story.ends('completed').saga)).toContainEqual(
      expect.objectContaining({ what: 'reply', detail: 'capture-refused: payment is closed' }),
    );
  });

  it('holds the payment token only as long as the payment needs it', () => {
    expect(asked().saga.data.token).toBe('sealed');
    for (const story of [
      confirmed(),
      asked().sends('authorise-payment').silence(),
      asked().sends('authorise-payment').replied('payment-declined', { reason: 'card' }),
      order()
        .sends('reserve-stock')
        .replied('out-of-stock', { skus: ['SKU-0910'] }),
    ]) {
      expect(JSON.stringify(story.saga)).not.toContain('sealed');
    }
  });
});

describe('a customer who cancels', () => {
  it('before the stock is reserved has the reservation undone, whether it was made or not', () => {
    const story = order().sends('reserve-stock').calledOff('customer').tells().sends('release-stock');
    story.replied('stock-reserved', reserved).notes('late').replied('stock-released');
    story.tells('cancelled').ends('compensated', 'customer');
  });

  it('while the payment is authorised has it voided, and the stock released', () => {
    const story = asked().sends('authorise-payment').calledOff('customer').sends('void-payment');
    expect(JSON.stringify(story.saga)).not.toContain('sealed');
    story.replied('payment-voided').sends('release-stock').replied('stock-released');
    story.tells('cancelled').ends('compensated', 'customer');
  });

  it('while a refusal is being undone has cancelled it: nothing more is undone, and nothing is rejected', () => {
    const story = asked().sends('authorise-payment').replied('payment-declined', { reason: 'card' });
    story.sends('release-stock').calledOff('customer').sendsNothing().calledOff('customer').sendsNothing();
    story.replied('stock-released').tells('cancelled').ends('compensated', 'customer');
    expect(timeline(story.saga).map(({ what, detail }) => `${what}: ${detail}`)).toContain('called off: customer');
  });

  it('after the pivot is not for this saga: its tail goes on, and takes what was closed for an end', () => {
    const story = confirmed().tells('confirmed').calledOff('customer').sendsNothing();
    story.replied('commit-refused', { reason: 'closed' }).sends('capture-payment').calledOff('customer');
    story
      .replied('capture-refused', { reason: 'closed' })
      .tells()
      .ends('completed')
      .calledOff('customer')
      .ends('completed');
  });
});

describe('a late reply', () => {
  it('that the payment was authorised changes nothing while its void is under way', () => {
    const story = asked().sends('authorise-payment').silence().sends('void-payment');
    story.replied('payment-authorised', { amount: total }).notes('late').sendsNothing();
  });

  it('that the payment was authorised voids it again once the saga has given up', () => {
    const story = asked().sends('authorise-payment').silence().sends('void-payment').replied('payment-voided');
    story.sends('release-stock').replied('payment-authorised', { amount: total }).notes('late').sends('void-payment');
    story.replied('stock-released').ends('compensated', 'timed-out');
    story.replied('payment-authorised', { amount: total }).sends('void-payment').ends('compensated', 'timed-out');
  });

  it('that the stock was reserved releases it again', () => {
    const story = order().sends('reserve-stock').replied('stock-unavailable').ends('compensated', 'stock-unavailable');
    story.replied('stock-reserved', reserved).notes('late').sends('release-stock').tells('rejected');
  });
});
