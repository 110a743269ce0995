import { describe, expect, it } from 'vitest';
import { lastSku, type Product, productCursor, readProduct, readSkuRange, skuRange } from './index.ts';

const product: Product = {
  sku: 'SKU-0001',
  name: 'a thing',
  price: { amount: 100, currency: 'EUR' },
  available: 3,
  asOf: '2026-01-01T00:00:00.000Z',
};

describe('a cached product', () => {
  it('is read without what is inventory’s own', () => {
    expect(readProduct(JSON.stringify({ ...product, epoch: 1, n: 2 }), 'SKU-0001')).toEqual(product);
  });

  it.each([
    null,
    undefined,
    '',
    '{',
    '7',
    'null',
    '[]',
    '{"claim":"x"}',
    JSON.stringify({ ...product, available: -1 }),
  ])('is a miss where the cache holds %s', (text) => expect(readProduct(text, 'SKU-0001')).toBeUndefined());

  it('is a miss where the cache holds another one', () => {
    expect(readProduct(JSON.stringify(product), 'SKU-0002')).toBeUndefined();
  });
});

describe('a page of the index', () => {
  it('is known to be the last one by the mark behind all SKUs', () => {
    expect(readSkuRange(['a', 'b', 'c'], 2)).toEqual({ skus: ['a', 'b'], more: true });
    expect(readSkuRange(['a', 'b', lastSku], 2)).toEqual({ skus: ['a', 'b'], more: false });
    expect(readSkuRange(['a', lastSku], 2)).toEqual({ skus: ['a'], more: false });
    expect(readSkuRange([lastSku], 2)).toEqual({ skus: [], more: false });
  });

  it('is not known where the index ends before the page does, or is not there', () => {
    expect(readSkuRange(['a', 'b'], 2)).toBeUndefined();
    expect(readSkuRange([], 2)).toBeUndefined();
  });

  it('begins after a SKU, which is not in it', () => {
    expect(skuRange('', 2)).toEqual([expect.any(String), '-', '+', 'LIMIT', 0, 3]);
    expect(skuRange('a', 2)).toEqual([expect.any(String), '(a', '+', 'LIMIT', 0, 3]);
  });
});

it('a cursor is read only as it was written', () => {
  expect(productCursor.read(productCursor.write('SKU-0007'))).toBe('SKU-0007');
  for (const cursor of ['', 'a.b', '%', productCursor.write('a\0'), productCursor.write('x'.repeat(65))]) {
    expect(productCursor.read(cursor)).toBeUndefined();
  }
});
