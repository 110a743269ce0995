import {
  authorisePayment,
  type CloudEvent,
  capturePayment,
  closePayment,
  cloudEventOf,
  voidPayment,
} from '@ringshop/contracts';
import { expect, test } from 'vitest';
import type { ProviderAnswer } from '../provider/payment-provider.ts';
import { type PaymentState, paymentAfter, replyTo, stageOf } from './payment.ts';
import type { PaymentCommand } from './payment-command.ts';

const amount = { amount: 100, currency: 'EUR' as const };
const command = (name: PaymentCommand['name']) =>
  ({
    name,
    event: cloudEventOf({ name, source: '/order', subject: 'o', data: { amount, token: 'x' } }) as CloudEvent,
  }) as PaymentCommand;

const names = ['authorise-payment', 'capture-payment', 'void-payment', 'close-payment'] as const;
/** In the order of `names`; what is not there has no reply yet. */
const replies: Record<PaymentState, (string | undefined)[]> = {
  authorising: [undefined, undefined, undefined, undefined],
  authorised: ['payment-authorised', undefined, undefined, undefined],
  declined: ['payment-declined', 'capture-refused: declined', 'payment-voided', 'payment-closed'],
  capturing: ['payment-authorised', undefined, undefined, undefined],
  voiding: ['payment-refused', 'capture-refused: closed', undefined, undefined],
  captured: ['payment-authorised', 'payment-captured', undefined, undefined],
  closing: ['payment-refused', 'capture-refused: closed', undefined, undefined],
  voided: ['payment-refused', 'capture-refused: closed', 'payment-voided', 'payment-closed'],
  refunded: ['payment-refused', 'capture-refused: closed', 'payment-voided', 'payment-closed and refunded'],
};

function inWords(reply: ReturnType<typeof replyTo>): string | undefined {
  if (reply?.name === 'capture-refused') return `${reply.name}: ${reply.data.reason}`;
  if (reply?.name === 'payment-closed' && reply.data.refunded) return `${reply.name} and refunded`;
  return reply?.name;
}

test.each(Object.entries(replies))('a payment that is %s answers each command as it must', (state, expected) => {
  const payment = { orderId: 'o', state: state as PaymentState, amount, reason: undefined };
  expect(names.map((name) => inWords(replyTo(command(name), payment)))).toEqual(expected);
});

test('every reply is one of its contract, with data as the contract wants it', () => {
  for (const contract of [authorisePayment, capturePayment, voidPayment, closePayment]) {
    for (const state of Object.keys(stageOf) as PaymentState[]) {
      const reply = replyTo(command(contract.name), { orderId: 'o', state, amount, reason: 'no money' });
      if (!reply) continue;
      const schema = (contract.replies as Record<string, { parse(data: unknown): unknown }>)[reply.name]!;
      expect(schema.parse(reply.data)).toEqual(reply.data);
    }
  }
});

test('without an answer a command leaves its payment asked for, never decided', () => {
  expect(paymentAfter(command('authorise-payment'), undefined)).toMatchObject({ state: 'authorising', amount });
  expect(paymentAfter(command('capture-payment'), undefined)).toMatchObject({ state: 'capturing', amount });
  expect(paymentAfter(command('void-payment'), undefined)).toMatchObject({ state: 'voiding', amount: undefined });
  expect(paymentAfter(command('close-payment'), undefined)).toMatchObject({ state: 'closing', amount });
});

test.each<[ProviderAnswer, PaymentState]>([
  [{ status: 'declined', reason: 'no money' }, 'declined'],
  [{ status: 'voided' }, 'voided'],
  [{ status: 'captured' }, 'captured'],
])('an answer decides: %o', (answer, state) => {
  expect(paymentAfter(command('authorise-payment'), answer)).toMatchObject({ state });
});

test.each<PaymentState[]>([
  ['authorising', 'authorised', 'capturing', 'captured', 'closing', 'refunded'],
  ['authorising', 'authorised', 'voiding', 'voided'],
  ['authorising', 'declined', 'closing', 'voided'],
  // Asked for before the answer to the authorise was recorded.
  ['authorising', 'capturing', 'declined'],
  ['authorising', 'voiding', 'declined'],
])('a payment only moves forward: %s → %s → %s …', (...way) => {
  const stages = way.map((state) => stageOf[state]);
  expect(stages).toEqual([...new Set(stages)].sort((a, b) => a - b));
});
