import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBody, aCustomer, as, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
});
afterAll(() => shard.stop());

const line = (change: object) => ({ ...aBody(), lines: [{ sku: 'SKU-0001', quantity: 1, ...change }] });
const manyLines = { ...aBody(), lines: Array.from({ length: 101 }, () => ({ sku: 'SKU-0001', quantity: 1 })) };

describe('a bad order is refused with the field that is wrong, and leaves nothing behind', () => {
  it.each<[string, unknown]>([
    ['body', 'text'],
    ['lines', { ...aBody(), lines: undefined }],
    ['lines', { ...aBody(), lines: [] }],
    ['lines', manyLines],
    ['lines.0.quantity', line({ quantity: 0 })],
    ['lines.0.quantity', line({ quantity: 1001 })],
    ['lines.0.quantity', line({ quantity: 1.5 })],
    ['lines.0.quantity', line({ quantity: '1' })],
    ['lines.0.sku', line({ sku: '' })],
    ['lines.0.sku', line({ sku: 'S'.repeat(65) })],
    ['lines.0.sku', line({ sku: 'SKU\u0000' })],
    ['lines.0.sku', line({ sku: 'SKU\ud800' })],
    ['lines.0.price', line({ price: 1 })],
    ['lines.0.unitPrice', line({ unitPrice: { amount: 1, currency: 'EUR' } })],
    ['payment.token', { ...aBody(), payment: { token: '' } }],
    ['shipTo', { ...aBody(), shipTo: undefined }],
    ['shipTo.address', { ...aBody(), shipTo: { name: 'Ada', address: 'x'.repeat(1001) } }],
    ['expectedTotal.amount', { ...aBody(), expectedTotal: { amount: 1.5, currency: 'EUR' } }],
    ['expectedTotal.amount', { ...aBody(), expectedTotal: { amount: 2 ** 53, currency: 'EUR' } }],
    ['expectedTotal.currency', { ...aBody(), expectedTotal: { amount: 1, currency: 'USD' } }],
    ['total', { ...aBody(), total: { amount: 1, currency: 'EUR' } }],
    ['status', { ...aBody(), status: 'confirmed' }],
    ['customerId', { ...aBody(), customerId: aCustomer() }],
  ])('%s', async (field, body) => {
    const response = await place(replica, { body });
    const problem = (await response.json()) as { errors: { field: string }[] };
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(problem).toMatchObject({ code: 'validation-failed' });
    expect(problem.errors.map((error) => error.field)).toContain(field);
    expect(JSON.stringify(problem)).not.toMatch(/canary/i);
  });

  it.each(['', 'k'.repeat(256), 'schlüssel', 'tab\tkey'])('Idempotency-Key "%s"', async (key) => {
    const response = await place(replica, { key });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: 'idempotency-key' }] });
  });

  it.each(['{"lines":', '{"__proto__":{"status":"confirmed"}}', '{"constructor":{"prototype":{}}}'])(
    '%s',
    async (body) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'k', ...as(aCustomer()) };
      const response = await fetch(`${replica.url}/orders`, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'validation-failed' });
    },
  );

  it('nothing was written', async () => {
    const { rows } = await shard.database.pool.query(
      'SELECT (SELECT count(*) FROM orders)::int + (SELECT count(*) FROM idempotency_keys)::int AS n',
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
