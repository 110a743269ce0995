import { cloudEventOf } from '@ringshop/contracts';
import { expect, test } from 'vitest';
import { reply } from './message.ts';

const command = (expiresat?: string) => ({
  name: 'release-stock',
  event: cloudEventOf({
    name: 'release-stock',
    source: '/spec',
    subject: 'order',
    data: {},
    replyto: 'replies',
    expiresat,
  }),
});

test('an answer is in a hurry when its sender waits only so long, and not when it would ask for ever', () => {
  expect(reply(command('2030-01-01T00:00:00.000Z'), 'stock-released', {}, '/spec').unhurried).toBe(false);
  expect(reply(command(), 'stock-released', {}, '/spec').unhurried).toBe(true);
});
