import { readConfig } from '@ringshop/service-defaults';
import { expect, test } from 'vitest';
import { inventoryConfig } from './config.ts';

const env = {
  NAME: 'inventory-1',
  PORT: '1',
  DATABASE_URL: 'postgres://a/b',
  REDIS_URL: 'redis://a',
  KAFKA_BROKERS: 'a:1',
};

test('stock is protected by Redis, and by the database while that is away, unless told otherwise', () => {
  const { STOCK_LOCK, STOCK_LOCK_FALLBACK, LOCK_TTL_MS } = readConfig(inventoryConfig, env);
  expect([STOCK_LOCK, STOCK_LOCK_FALLBACK, LOCK_TTL_MS]).toEqual(['redis', 'database', 5_000]);
});

test.each([
  ['STOCK_LOCK', 'Redis'],
  ['STOCK_LOCK_FALLBACK', 'none'],
  ['LOCK_TTL_MS', '499'],
  ['PRODUCT_CACHE_TTL_MS', '0'],
])('%s=%s is refused at the start', (variable, value) => {
  expect(() => readConfig(inventoryConfig, { ...env, [variable]: value })).toThrow(variable);
});
