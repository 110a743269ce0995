import { timeline } from '@ringshop/saga';
import { given } from '@ringshop/saga/given';
import { describe, expect, it } from 'vitest';
import { cancelOrderSaga } from './cancel-order.saga.ts';

const total = { amount: 1_998, currency: 'EUR' } as const;
const cancelling = () =>
  given(cancelOrderSaga, { total }, { now: Date.parse('2026-01-01T12:00:00Z') }).sends('close-payment', {
    amount: total,
  });

describe('cancelling an order that was confirmed', () => {
  it('gives the money back, then returns the stock, and is cancelled only then', () => {
    const story = cancelling().replied('payment-closed', { refunded: total }).tells().sends('return-stock', {});
    story.replied('stock-returned').tells('cancelled').ends('completed');
  });

  it.each([
    [{ refunded: total }, 'payment-closed: 1998 EUR paid back'],
    [{}, 'payment-closed: nothing had been taken'],
  ])('says in the timeline what became of the money (%j)', (closed, detail) => {
    const { saga } = cancelling().replied('payment-closed', closed).sends('return-stock');
    expect(timeline(saga)).toContainEqual(expect.objectContaining({ what: 'reply', detail }));
  });

  it('asks for ever, parked or not, whoever is silent', () => {
    const story = cancelling();
    for (let i = 0; i < 100; i++) story.silence().sends('close-payment');
    story.parked().replied('payment-closed', {}).sends('return-stock');
    for (let i = 0; i < 100; i++) story.silence().sends('return-stock');
    story.parked().replied('stock-returned').tells('cancelled').ends('completed');
  });

  it('pays back once, however often the payment says that it is closed', () => {
    const story = cancelling().replied('payment-closed', {}).sends('return-stock').replied('payment-closed', {});
    story.notes('duplicate').sendsNothing().replied('stock-returned').replied('payment-closed', {}).notes('duplicate');
    story.sendsNothing().tells('cancelled');
  });
});
