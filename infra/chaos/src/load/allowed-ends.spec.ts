import { expect, it } from 'vitest';
import { type Ending, wrongEnd } from './allowed-ends.ts';

const ended = (status: string, reason: string | null, more: Partial<Ending> = {}) =>
  wrongEnd({ kind: 'plain', token: 'tok_approve', status, reason, ...more });

const right: [string, string | null, Partial<Ending>][] = [
  ['confirmed', null, {}],
  ['rejected', 'timed-out', {}],
  ['cancelled', 'stock-lost', {}],
  ['confirmed', null, { token: 'tok_capture_never' }],
  ['rejected', 'payment-declined', { token: 'tok_decline' }],
  ['rejected', 'out-of-stock', { kind: 'sold-out' }],
  ['rejected', 'out-of-stock', { kind: 'scarce' }],
  ['confirmed', null, { kind: 'scarce' }],
  ['rejected', 'unknown-sku', { kind: 'unknown-sku' }],
  ['rejected', 'price-changed', { kind: 'price-changed' }],
  ['cancelled', 'customer', { cancel: 'accepted' }],
  ['cancelled', 'customer', { cancel: 'unknown' }],
  ['confirmed', null, { cancel: 'unknown' }],
  ['rejected', 'payment-declined', { cancel: 'refused', token: 'tok_decline' }],
];

it.each(right)('%s (%s) is a right end of %o', (status, reason, more) => {
  expect(ended(status, reason, more)).toBeUndefined();
});

const wrong: [string, string | null, Partial<Ending>][] = [
  ['pending', null, {}],
  ['confirmed', null, { token: 'tok_decline' }],
  ['confirmed', null, { kind: 'sold-out' }],
  ['confirmed', null, { kind: 'unknown-sku' }],
  ['confirmed', null, { kind: 'price-changed' }],
  ['rejected', 'payment-declined', {}],
  ['rejected', 'out-of-stock', {}],
  ['cancelled', 'customer', {}],
  ['confirmed', null, { cancel: 'accepted' }],
  ['rejected', 'timed-out', { cancel: 'accepted' }],
  ['confirmed', null, { cancel: 'refused' }],
];

it.each(wrong)('%s (%s) is a wrong end of %o', (status, reason, more) => {
  expect(ended(status, reason, more)).toContain(status);
});
