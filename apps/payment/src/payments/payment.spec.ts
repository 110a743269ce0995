import { authorisePayment, type CloudEvent, capturePayment, cloudEventOf, voidPayment } from '@ringshop/contracts';
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

const replies: Record<
  PaymentState,
  [authorise: string | undefined, capture: string | undefined, undo: string | undefined]
> = {
  authorising: [undefined, undefined, undefined],
  authorised: ['payment-authorised', undefined, undefined],
  declined: ['payment-declined', 'capture-refused', undefined],
  capturing: ['payment-authorised', undefined, undefined],
  voiding: ['payment-refused', 'capture-refused', undefined],
  captured: ['payment-authorised', 'payment-captured', undefined],
  voided: ['payment-refused', 'capture-refused', 'payment-voided'],
};

test.each(Object.entries(replies))('a payment that is %s answers each command as it must', (state, expected) => {
  const payment = { orderId: 'o', state: state as PaymentState, amount, reason: undefined };
  const names = (['authorise-payment', 'capture-payment', 'void-payment'] as const).map(
    (name) => replyTo(command(name), payment)?.name,
  );
  expect(names).toEqual(expected);
});

test('every reply is one of its contract, with data as the contract wants it', () => {
  for (const contract of [authorisePayment, capturePayment, voidPayment]) {
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
});

test.each<[ProviderAnswer, PaymentState]>([
  [{ status: 'declined', reason: 'no money' }, 'declined'],
  [{ status: 'voided' }, 'voided'],
  [{ status: 'captured' }, 'captured'],
])('an answer decides: %o', (answer, state) => {
  expect(paymentAfter(command('authorise-payment'), answer)).toMatchObject({ state });
});

test('what was asked for comes before what was answered, and the ends are last', () => {
  expect(stageOf.authorising).toBeLessThan(stageOf.authorised);
  expect(stageOf.authorised).toBeLessThan(stageOf.capturing);
  expect(stageOf.capturing).toBeLessThan(stageOf.captured);
  expect(stageOf.authorised).toBeLessThan(stageOf.voiding);
  expect(stageOf.voiding).toBeLessThan(stageOf.voided);
  expect(stageOf.captured).toBe(stageOf.voided);
});
