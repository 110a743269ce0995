import { cloudEventOf } from '@ringshop/contracts';
import { KeyRing, seal } from '@ringshop/service-defaults';
import { expect, test } from 'vitest';
import { hasExpired, type PaymentCommand } from '../payments/payment-command.ts';
import { AskProvider } from './ask-provider.ts';
import { Expired, type PaymentProvider } from './payment-provider.ts';

const keys = new KeyRing(new Map([['k1', Buffer.alloc(32, 1)]]));
const orderId = '0198f0a0-0000-4000-8000-00000000000a';

function authorise(expiresInMs: number): PaymentCommand {
  const data = { amount: { amount: 1, currency: 'EUR' as const }, token: seal(keys, 'tok', orderId) };
  const expiresat = new Date(Date.now() + expiresInMs).toISOString();
  const name = 'authorise-payment';
  return { name, event: cloudEventOf({ name, source: '/order', subject: orderId, data, replyto: 'r', expiresat }) };
}

/** A port that notes what it was asked, and takes its time over looking up. */
function port(lookUpMs = 0) {
  const asked: string[] = [];
  const provider = {
    authorise: async () => {
      asked.push('authorise');
      return { status: 'authorised' };
    },
    lookUp: () => new Promise((resolve) => setTimeout(resolve, lookUpMs, undefined)),
  } as unknown as PaymentProvider;
  return { asked, ask: new AskProvider(provider, keys) };
}

test('50: an authorise that was good when it came, and is not any more when its turn comes, is not made', async () => {
  const { asked, ask } = port();
  const command = authorise(30);
  const call = ask.first(command);
  await expect.poll(() => hasExpired(command)).toBe(true);
  await expect(call()).rejects.toThrow(Expired);
  expect(asked).toEqual([]);
});

test('50: nor is it when the look-up before it took until then', async () => {
  const { asked, ask } = port(60);
  await expect(ask.again(authorise(30))()).rejects.toThrow(Expired);
  expect(asked).toEqual([]);
  expect(await ask.again(authorise(60_000))()).toEqual({ status: 'authorised' });
});
