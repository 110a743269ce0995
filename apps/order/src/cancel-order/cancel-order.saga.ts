import { closePayment, type Money, type OrderReason, returnStock } from '@ringshop/contracts';
import { defineSaga, proceed } from '@ringshop/saga';
import type { OrderOutcome } from '../place-order/place-order.saga.ts';

export interface CancelOrder {
  total: Money;
}

/**
 * Takes back what was promised to the customer: the money first. It has no pivot, since it follows a decision that stands.
 * Its participants close payment and reservation for good, so it wins against the tail of place-order, which may still be
 * asking for a capture or a commit and is told `closed`.
 */
export const cancelOrderSaga = defineSaga<CancelOrder, OrderReason, OrderOutcome>({
  name: 'cancel-order',
  version: 1,
  ends: { completed: 'cancelled' },
  steps: ({ ask, retriable }) => [
    retriable('close payment', {
      action: ask(closePayment, ({ total }) => ({ amount: total })),
      on: {
        'payment-closed': ({ refunded }) =>
          proceed({}, refunded ? `${refunded.amount} ${refunded.currency} paid back` : 'nothing had been taken'),
      },
    }),
    retriable('return stock', {
      action: ask(returnStock),
      on: { 'stock-returned': () => proceed() },
    }),
  ],
});
