import type { authorisePayment, capturePayment, closePayment, Money, ReplyOf, voidPayment } from '@ringshop/contracts';
import type { ProviderAnswer } from '../provider/payment-provider.ts';
import type { PaymentCommand } from './payment-command.ts';

/**
 * How a payment stands. Those in -ing are what was asked of the provider, without an answer yet.
 *
 *   authorising → authorised → capturing → captured → closing → refunded
 *               → declined   → voiding                        → voided
 *
 * Any step may be skipped, none is taken back. A void or a close for an order nobody knows makes a row that is born
 * `voided`: the tombstone that refuses the late authorise.
 */
export type PaymentState =
  | 'authorising'
  | 'authorised'
  | 'capturing'
  | 'voiding'
  | 'captured'
  | 'declined'
  | 'closing'
  | 'voided'
  | 'refunded';

/** A row changes only to a higher stage, so answers may be recorded in any order and any number of times. */
export const stageOf: Record<PaymentState, number> = {
  authorising: 0,
  authorised: 1,
  capturing: 2,
  voiding: 2,
  captured: 3,
  // Above what may have been asked of it meanwhile: such a payment must not be pursued for ever.
  declined: 3,
  closing: 4,
  voided: 5,
  refunded: 5,
};

export interface Payment {
  orderId: string;
  state: PaymentState;
  /** Unknown for a tombstone. */
  amount: Money | undefined;
  /** Why the provider declined. */
  reason: string | undefined;
}

const asked = {
  'authorise-payment': 'authorising',
  'void-payment': 'voiding',
  'capture-payment': 'capturing',
  'close-payment': 'closing',
} as const satisfies Record<PaymentCommand['name'], PaymentState>;

/**
 * What a command makes of its payment, given the provider's answer or none.
 *
 * A capture alone does not end a payment: that the provider holds no money any more has been asked for by somebody, who
 * records it. If nobody has, the order is confirmed and cannot be paid, and that must not look like a cancelled one.
 */
export function paymentAfter({ name, event }: PaymentCommand, answer: ProviderAnswer | undefined): Payment {
  const isEndedByOthers = name === 'capture-payment' && (answer?.status === 'voided' || answer?.status === 'refunded');
  return {
    orderId: event.subject,
    state: answer && !isEndedByOthers ? answer.status : asked[name],
    amount: name === 'void-payment' ? undefined : event.data.amount,
    reason: answer?.reason,
  };
}

type PaymentReply =
  | ReplyOf<typeof authorisePayment>
  | ReplyOf<typeof voidPayment>
  | ReplyOf<typeof capturePayment>
  | ReplyOf<typeof closePayment>;

/**
 * The reply to a command follows from how the payment stands, so a repeated command needs no stored one.
 * Undefined while the provider has not said enough.
 */
export function replyTo({ name }: PaymentCommand, payment: Payment): PaymentReply | undefined {
  switch (name) {
    case 'authorise-payment':
      return authoriseReply(payment);
    case 'capture-payment':
      return captureReply(payment);
    case 'void-payment':
      return holdsNothing.has(payment.state) ? { name: 'payment-voided', data: {} } : undefined;
    case 'close-payment':
      return closeReply(payment);
  }
}

const holdsNothing = new Set<PaymentState>(['declined', 'voided', 'refunded']);

function authoriseReply({ state, amount, reason }: Payment): ReplyOf<typeof authorisePayment> | undefined {
  switch (state) {
    case 'authorising':
      return undefined;
    case 'declined':
      return { name: 'payment-declined', data: { reason: reason ?? 'declined' } };
    case 'voiding':
    case 'closing':
    case 'voided':
    case 'refunded':
      return { name: 'payment-refused', data: {} };
    default:
      return { name: 'payment-authorised', data: { amount: known(amount) } };
  }
}

function captureReply({ state, amount }: Payment): ReplyOf<typeof capturePayment> | undefined {
  switch (state) {
    case 'captured':
      return { name: 'payment-captured', data: { amount: known(amount) } };
    case 'declined':
      return { name: 'capture-refused', data: { reason: 'declined' } };
    case 'voiding':
    case 'closing':
    case 'voided':
    case 'refunded':
      return { name: 'capture-refused', data: { reason: 'closed' } };
    default:
      return undefined;
  }
}

function closeReply({ state, amount }: Payment): ReplyOf<typeof closePayment> | undefined {
  if (state === 'refunded') return { name: 'payment-closed', data: { refunded: known(amount) } };
  return holdsNothing.has(state) ? { name: 'payment-closed', data: {} } : undefined;
}

function known(amount: Money | undefined): Money {
  if (!amount) throw new Error('a payment that holds money has no amount');
  return amount;
}
