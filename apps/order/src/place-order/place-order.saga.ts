import {
  authorisePayment,
  capturePayment,
  commitStock,
  type Line,
  type Money,
  type OrderReason,
  type PricedLine,
  releaseStock,
  reserveStock,
  voidPayment,
} from '@ringshop/contracts';
import { abort, defineSaga, proceed, retry, undo } from '@ringshop/saga';

/** What placing one order has to remember; it is stored as JSON and read by people. */
export interface PlaceOrder {
  lines: (Line | PricedLine)[];
  expectedTotal?: Money;
  /** Sealed for the payment service; dropped as soon as the payment is authorised or the order given up. */
  token?: string;
  /** Known once inventory has priced and reserved the lines. */
  total?: Money;
  heldUntil?: string;
}

export type OrderOutcome = 'confirmed' | 'rejected' | 'cancelled';

export interface PlaceOrderTimes {
  /** How long a reservation must still hold at the pivot, so that committing it finds it held. */
  confirmMarginMs: number;
  /** How long inventory and payment may take to answer before the order is given up; the policy's when it is not said. */
  reserveDeadlineMs?: number | undefined;
  authoriseDeadlineMs?: number | undefined;
}

export const placeOrderSaga = ({ confirmMarginMs, reserveDeadlineMs, authoriseDeadlineMs }: PlaceOrderTimes) =>
  defineSaga<PlaceOrder, OrderReason, OrderOutcome>({
    name: 'place-order',
    version: 1,
    silence: 'timed-out',
    ends: {
      compensated: (reason) => (reason === 'customer' ? 'cancelled' : 'rejected'),
      undone: 'cancelled',
    },
    steps: ({ ask, step, pivot, retriable }) => [
      step('reserve stock', {
        action: ask(reserveStock, ({ lines, expectedTotal }) => ({ lines, expectedTotal })),
        on: {
          'stock-reserved': ({ lines, total, heldUntil }) => proceed({ lines, total, heldUntil }),
          'out-of-stock': ({ skus }) => abort('out-of-stock', skus.join(', ')),
          'unknown-sku': ({ skus }) => abort('unknown-sku', skus.join(', ')),
          'price-changed': ({ total }) => abort('price-changed', `now ${total.amount} ${total.currency}`),
          'stock-unavailable': () => abort('stock-unavailable'),
          // Inventory remembers a release or an expiry from before this command came: it came too late.
          'reservation-refused': () => abort('timed-out', 'the reservation was closed before it was made'),
        },
        compensation: ask(releaseStock),
        deadlineMs: reserveDeadlineMs,
      }),
      step('authorise payment', {
        action: ask(authorisePayment, ({ total, token }) => ({ amount: total!, token: token! })),
        on: {
          'payment-authorised': () => proceed(),
          'payment-declined': ({ reason }) => abort('payment-declined', reason),
          'payment-refused': () => abort('timed-out', 'the payment was closed before it was made'),
        },
        compensation: ask(voidPayment),
        forgets: ['token'],
        deadlineMs: authoriseDeadlineMs,
      }),
      pivot('confirm', {
        decide: ({ heldUntil }, now) =>
          Date.parse(heldUntil!) - now < confirmMarginMs
            ? abort('timed-out', 'the reservation is about to expire')
            : proceed(),
        outcome: 'confirmed',
      }),
      retriable('commit stock', {
        action: ask(commitStock),
        on: {
          'stock-committed': () => proceed(),
          'reservation-gone': () => undo('stock-lost'),
          // Closed: the order has been cancelled meanwhile, and cancel-order gives back what there is to give back.
          'commit-refused': ({ reason }) =>
            reason === 'closed' ? proceed({}, 'the reservation is closed') : retry(reason),
        },
      }),
      retriable('capture payment', {
        action: ask(capturePayment, ({ total }) => ({ amount: total! })),
        on: {
          'payment-captured': () => proceed(),
          'capture-refused': ({ reason }) => (reason === 'closed' ? proceed({}, 'payment is closed') : retry(reason)),
        },
      }),
    ],
  });
