import { expect, it } from 'vitest';
import { listeners, planApps } from './plan.ts';
import { defaultPorts } from './ports.ts';

it('lists one process of each app and two order shards', () => {
  const names = planApps({ shards: 2, replicas: 1 }, defaultPorts, '/dir').map(({ name }) => name);
  expect(names).toEqual(['gateway-1', 'order-1', 'order-2', 'inventory-1', 'payment-1', 'simulators']);
});

it('names second replicas after the first, with the shard and the secrets of both', () => {
  const apps = planApps({ shards: 1, replicas: 2 }, defaultPorts, '/dir');
  const order = apps.filter(({ kind }) => kind === 'order');
  expect(order.map(({ name, env, secrets }) => [name, env.SHARD, env.PORT, secrets])).toEqual([
    ['order-1', 'order-1', '8111', 'order-1'],
    ['order-1.2', 'order-1', '8112', 'order-1'],
  ]);
  expect(apps.filter(({ kind }) => kind === 'inventory').map(({ name }) => name)).toEqual([
    'inventory-1',
    'inventory-1.2',
  ]);
});

it('gives inventory replicas of its own number where that is said', () => {
  const names = listeners({ shards: 1, replicas: 1, inventoryReplicas: 2 });
  expect(names.filter((name) => name.includes('.'))).toEqual(['inventory-1.2']);
});

it('tells the gateway where every replica is, and no database address', () => {
  const gateway = planApps({ shards: 2, replicas: 2 }, defaultPorts, '/dir').find(({ kind }) => kind === 'gateway');
  expect(gateway?.env).toEqual({
    NAME: 'gateway-1',
    HOST: '127.0.0.1',
    PORT: '8080',
    OPERATOR_HOST: '127.0.0.1',
    OPERATOR_PORT: '8081',
    SHARDS: 'order-1=http://127.0.0.1:8111|http://127.0.0.1:8112,order-2=http://127.0.0.1:8121|http://127.0.0.1:8122',
    INVENTORY_URLS: 'http://127.0.0.1:8201|http://127.0.0.1:8202',
    REDIS_URL: 'redis://127.0.0.1:63790',
    JWKS_URL: 'http://127.0.0.1:8090/.well-known/jwks.json',
  });
});

it('gives each part the secrets of its own, which replicas share, and the simulators none', () => {
  const apps = planApps({ shards: 2, replicas: 2 }, defaultPorts, '/dir');
  expect(Object.fromEntries(apps.map(({ name, secrets }) => [name, secrets]))).toEqual({
    'gateway-1': 'gateway',
    'order-1': 'order-1',
    'order-1.2': 'order-1',
    'order-2': 'order-2',
    'order-2.2': 'order-2',
    'inventory-1': 'inventory',
    'inventory-1.2': 'inventory',
    'payment-1': 'payment',
    simulators: undefined,
  });
});

it('sends apps to the proxies before the servers, and lets them listen at their own ports', () => {
  const seen = (name: string) => ({ postgres: 1, redis: 2, kafka: 3, simulators: 4 })[name] ?? defaultPorts(name);
  const apps = planApps({ shards: 1, replicas: 1 }, defaultPorts, '/dir', seen);
  const env = (name: string) => apps.find((app) => app.name === name)?.env;
  expect(env('order-1')).toMatchObject({ PORT: '8111', KAFKA_BROKERS: '127.0.0.1:3' });
  expect(env('inventory-1')).toMatchObject({ PORT: '8201', REDIS_URL: 'redis://127.0.0.1:2' });
  expect(env('payment-1')).toMatchObject({ PORT: '8301', PROVIDER_URL: 'http://127.0.0.1:4' });
  expect(env('gateway-1')).toMatchObject({ PORT: '8080', REDIS_URL: 'redis://127.0.0.1:2' });
});

it('gives every listener of the largest system a port of its own', () => {
  const ports = listeners({ shards: 16, replicas: 6 }).map(defaultPorts);
  expect(new Set(ports).size).toBe(ports.length);
});
