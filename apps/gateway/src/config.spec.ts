import { readConfig } from '@ringshop/service-defaults';
import { expect, test } from 'vitest';
import { gatewayConfig } from './config.ts';

const env = {
  INTERNAL_CALL_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  INVENTORY_URLS: 'http://i:1',
  JWKS_URL: 'http://s:1/jwks.json',
};

test('shards are names with the URLs of their replicas', () => {
  const { SHARDS } = readConfig(gatewayConfig, { ...env, SHARDS: 'order-1=http://a:1|http://a:2, order-2=http://b:1' });
  expect([...SHARDS]).toEqual([
    ['order-1', ['http://a:1', 'http://a:2']],
    ['order-2', ['http://b:1']],
  ]);
});

test.each(['', 'order-1', 'order-1=', 'order-1=ftp://a', 'order-1=http://a,order-1=http://b', '=http://a'])(
  '%j are no shards',
  (SHARDS) => expect(() => readConfig(gatewayConfig, { ...env, SHARDS })).toThrow('SHARDS'),
);
