import type { authorisePayment, capturePayment, Money, ReplyOf, voidPayment } from '@ringshop/contracts';
import type { ProviderAnswer } from '../provider/payment-provider.ts';
import type { PaymentCommand } from './payment-command.ts';

/**
 * How a payment stands. The first of each pair is what was asked of the provider, without an answer yet.
 *
 *   authorising → authorised | declined → capturing → captured
 *                                       → voiding   → voided
 *
 * Any step may be skipped, none is taken back. A void for an order nobody knows makes a row that is born `voided`: the
 * tombstone that refuses the late authorise.
 */
export type PaymentState = 'authorising' | 'authorised' | 'declined' | 'capturing' | 'voiding' | 'captured' | 'voided';

/** A row changes only to a higher stage, so answers may be recorded in any order and any number of times. */
export const stageOf: Record<PaymentState, number> = {
  authorising: 0,
  authorised: 1,
  declined: 1,
  capturing: 2,
  voiding: 2,
  captured: 3,
  voided: 3,
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
} as const satisfies Record<PaymentCommand['name'], PaymentState>;

/** What a command makes of its payment, given the provider's answer or none. */
export function paymentAfter({ name, event }: PaymentCommand, answer: ProviderAnswer | undefined): Payment {
  return {
    orderId: event.subject,
    state: answer?.status ?? asked[name],
    amount: name === 'void-payment' ? undefined : event.data.amount,
    reason: answer?.reason,
  };
}

type PaymentReply = ReplyOf<typeof authorisePayment> | ReplyOf<typeof voidPayment> | ReplyOf<typeof capturePayment>;

/**
 * The reply to a command follows from how the payment stands, so a repeated command needs no stored one.
 * Undefined while the provider has not said enough.
 */
export function replyTo({ name }: PaymentCommand, payment: Payment): PaymentReply | undefined {
  if (name === 'authorise-payment') return authoriseReply(payment);
  if (name === 'void-payment') {
    return payment.state === 'voided' ? { name: 'payment-voided', data: {} } : undefined;
  }
  return captureReply(payment);
}

function authoriseReply({ state, amount, reason }: Payment): ReplyOf<typeof authorisePayment> | undefined {
  switch (state) {
    case 'authorising':
      return undefined;
    case 'declined':
      return { name: 'payment-declined', data: { reason: reason ?? 'declined' } };
    case 'voiding':
    case 'voided':
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
    case 'voiding':
    case 'voided':
      return { name: 'capture-refused', data: { reason: state } };
    default:
      return undefined;
  }
}

function known(amount: Money | undefined): Money {
  if (!amount) throw new Error('a payment that holds money has no amount');
  return amount;
}
