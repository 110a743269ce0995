import { Problem, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { idempotencyKeyOf, pageOf, placeOrderBody, waitOf } from './order-requests.ts';

const line = { sku: 'SKU-0001', quantity: 1 };
const good = {
  lines: [line],
  payment: { token: 'tok_approve' },
  shipTo: { name: 'Ada Lovelace', address: 'Ringstraße 1\n1010 Wien' },
};

function fieldsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem && error.code === 'validation-failed') {
      return (error.toJSON().errors as { field: string }[]).map(({ field }) => field);
    }
    throw error;
  }
  return [];
}
const fieldsOfBody = (body: unknown) => fieldsOf(() => valid(placeOrderBody, body, 'body'));
const request = (headers: object, query: object = {}) => ({ headers, query }) as FastifyRequest;

test.each([
  ['as it is', good],
  ['with a total', { ...good, expectedTotal: { amount: 0, currency: 'EUR' } }],
  ['with 100 lines', { ...good, lines: Array.from({ length: 100 }, () => line) }],
  ['with the largest line', { ...good, lines: [{ sku: 'ü'.repeat(64), quantity: 1_000 }] }],
])('a body is taken %s', (_name, body) => expect(valid(placeOrderBody, body, 'body')).toEqual(body));

test.each([
  ['price', { ...good, price: 1 }],
  ['total', { ...good, total: { amount: 1, currency: 'EUR' } }],
  ['status', { ...good, status: 'confirmed' }],
  ['customerId', { ...good, customerId: 'x' }],
  ['orderId', { ...good, orderId: 'x' }],
  ['lines.0.unitPrice', { ...good, lines: [{ ...line, unitPrice: { amount: 1, currency: 'EUR' } }] }],
  ['payment.amount', { ...good, payment: { token: 't', amount: 1 } }],
  ['shipTo.role', { ...good, shipTo: { ...good.shipTo, role: 'operator' } }],
  ['expectedTotal.x', { ...good, expectedTotal: { amount: 1, currency: 'EUR', x: 1 } }],
  ['__proto__', JSON.parse(JSON.stringify(good).replace('{', '{"__proto__":{"status":"confirmed"},'))],
  ['payment.__proto__', { ...good, payment: JSON.parse('{"token":"t","__proto__":{}}') }],
  ['constructor', { ...good, constructor: { prototype: {} } }],
  ['prototype', { ...good, prototype: {} }],
])('56: mass assignment of %s is refused by name', (field, body) => expect(fieldsOfBody(body)).toEqual([field]));

test.each([
  ['lines', { ...good, lines: [] }],
  ['lines', { ...good, lines: Array.from({ length: 101 }, () => line) }],
  ['lines', { ...good, lines: line }],
  ['lines', { ...good, lines: undefined }],
  ...[0, -1, 1_001, 1.5, 1e21, '1', null, true, [1], Number.NaN, Number.POSITIVE_INFINITY, undefined].map(
    (quantity): [string, unknown] => ['lines.0.quantity', { ...good, lines: [{ sku: 'a', quantity }] }],
  ),
  ...['', 'a'.repeat(65), 1, null, { toString: 'a' }, 'a\u0000b', 'a\nb', '\ud800'].map((sku): [string, unknown] => [
    'lines.0.sku',
    { ...good, lines: [{ sku, quantity: 1 }] },
  ]),
  ...[-1, 0.5, '100', 2 ** 53, null].map((amount): [string, unknown] => [
    'expectedTotal.amount',
    { ...good, expectedTotal: { amount, currency: 'EUR' } },
  ]),
  ...['eur', 'USD', '', 1].map((currency): [string, unknown] => [
    'expectedTotal.currency',
    { ...good, expectedTotal: { amount: 1, currency } },
  ]),
  ['payment.token', { ...good, payment: {} }],
  ['payment.token', { ...good, payment: { token: '' } }],
  ['payment', { ...good, payment: 'tok_approve' }],
  ['shipTo.name', { ...good, shipTo: { address: 'x' } }],
  ['shipTo.name', { ...good, shipTo: { name: 'a\r\nb', address: 'x' } }],
  ['shipTo.address', { ...good, shipTo: { name: 'x', address: 'a\u0000b' } }],
  ['body', []],
  ['body', 'text'],
  ['body', null],
  ['body', undefined],
])('57: %s is refused by name: %j', (field, body) => expect(fieldsOfBody(body)).toEqual([field]));

test('a refusal repeats no value and no invented name', () => {
  const planted = 'canary-4711@example.com';
  const body = { ...good, [planted]: planted, payment: { token: 7, [planted]: planted }, lines: [{ sku: planted }] };
  try {
    valid(placeOrderBody, body, 'body');
  } catch (error) {
    expect(JSON.stringify(error)).toContain('has an unknown member');
    expect(JSON.stringify(error)).not.toContain('canary');
    return;
  }
  throw new Error('was accepted');
});

test.each(['a', 'a b~!', 'x'.repeat(255)])('%j is an idempotency key', (key) => {
  expect(idempotencyKeyOf(request({ 'idempotency-key': key }))).toBe(key);
});

test.each([undefined, '', 'x'.repeat(256), 'ü', 'a\tb', 'a\u007f'])('%j is no idempotency key', (key) => {
  expect(fieldsOf(() => idempotencyKeyOf(request({ 'idempotency-key': key })))).toEqual(['idempotency-key']);
});

test.each([
  [undefined, 0],
  ['wait=5', 5],
  ['respond-async, wait=10', 10],
  ['WAIT = 3', 3],
  ['return=minimal', 0],
  ['wait=0', 0],
])('Prefer: %s waits %i s', (prefer, seconds) => expect(waitOf(request({ prefer }))).toBe(seconds));

test.each(['wait=11', 'wait=-1', 'wait=1.5', 'wait=x', 'wait=', 'wait', 'wait=1e1', 'wait=99999999999'])(
  'Prefer: %s is refused',
  (prefer) => expect(fieldsOf(() => waitOf(request({ prefer })))).toEqual(['prefer']),
);

test.each([
  [{}, ''],
  [{ limit: '20' }, '?limit=20'],
  [{ cursor: 'a/b&c=d', limit: '1' }, '?limit=1&cursor=a%2Fb%26c%3Dd'],
])('the query %j is written anew', (query, expected) => expect(pageOf(request({}, query))).toBe(expected));

test.each([
  ['limit', { limit: '0' }],
  ['limit', { limit: '101' }],
  ['limit', { limit: '1.5' }],
  ['limit', { limit: '' }],
  ['limit', { limit: ['1', '2'] }],
  ['cursor', { cursor: '' }],
  ['cursor', { cursor: 'x'.repeat(513) }],
  ['customerId', { customerId: 'x' }],
  ['sort', { sort: 'total; DROP TABLE orders' }],
])('57: %s is refused by name in the query %j', (field, query) => {
  expect(fieldsOf(() => pageOf(request({}, query)))).toEqual([field]);
});
