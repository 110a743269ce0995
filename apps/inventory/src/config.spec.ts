import { readConfig } from '@ringshop/service-defaults';
import { expect, test } from 'vitest';
import { inventoryConfig } from './config.ts';

const env = {
  NAME: 'inventory-1',
  PORT: '1',
  DATABASE_URL: 'postgres://a/b',
  REDIS_URL: 'redis://a',
  KAFKA_BROKERS: 'a:1',
  INTERNAL_CALL_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
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

const day = 24 * 60 * 60 * 1000;

test.each(['INBOX_KEEP_MS', 'TOMBSTONE_KEEP_MS'])('%s must outlive the messages that it recognises', (variable) => {
  const keeps = (ms: number, more = {}) => readConfig(inventoryConfig, { ...env, ...more, [variable]: String(ms) });
  expect(keeps(14 * day)).toMatchObject({ [variable]: 14 * day });
  expect(() => keeps(14 * day - 1)).toThrow(`${variable} (must be at least twice MESSAGE_RETENTION_MS`);
  expect(() => keeps(14 * day, { MESSAGE_RETENTION_MS: String(8 * day) })).toThrow(variable);
  // What a test needs: it says that its messages live as briefly.
  expect(keeps(200, { MESSAGE_RETENTION_MS: '100' })).toMatchObject({ [variable]: 200 });
});
