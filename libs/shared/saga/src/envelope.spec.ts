import { expect, test } from 'vitest';
import { envelope } from './envelope.ts';

const sender = { source: '/travel', replyTo: 'travel.replies', subject: 'trip' };
const sent = (expiresAt?: number) =>
  envelope({ name: 'book', topic: 'flights', data: {}, ...(expiresAt && { expiresAt }) }, sender);

test('a command is in a hurry when the saga waits only so long for its answer, and not when it would ask for ever', () => {
  expect(sent(1_900_000_000_000)).toMatchObject({ unhurried: false, event: { expiresat: '2030-03-17T17:46:40.000Z' } });
  expect(sent()).toMatchObject({ unhurried: true });
});
