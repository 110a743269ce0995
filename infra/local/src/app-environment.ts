import { join } from 'node:path';
import { kafkaBrokers, postgresUrl, redisUrl } from './addresses.ts';
import type { Ports } from './ports.ts';
import type { PartKind } from './status.ts';

interface App {
  name: string;
  kind: PartKind;
  /** The names of all apps by kind. */
  names: Record<string, string[]>;
  ports: Ports;
  url: (name: string) => string;
  dir: string;
}

/** What the app needs to know about this machine; everything else has its default in the app's own schema. */
export function appEnvironment(app: App): Record<string, string> {
  const { name, kind, ports } = app;
  const own = { NAME: name, HOST: '127.0.0.1', PORT: String(ports(name)) };
  return { ...own, ...(byKind[kind]?.(app) ?? {}) };
}

const byKind: Partial<Record<PartKind, (app: App) => Record<string, string>>> = {
  gateway: ({ names, ports, url }) => ({
    OPERATOR_HOST: '127.0.0.1',
    OPERATOR_PORT: String(ports('operator')),
    SHARDS: shardList(names.order ?? [], url),
    INVENTORY_URLS: (names.inventory ?? []).map(url).join('|'),
    REDIS_URL: redisUrl(ports),
    JWKS_URL: `${url('simulators')}/.well-known/jwks.json`,
  }),
  order: ({ name, ports }) => ({
    SHARD: shardOf(name),
    DATABASE_URL: postgresUrl(ports, shardOf(name).replaceAll('-', '_')),
    PLACEMENT_URL: postgresUrl(ports, 'placement'),
    KAFKA_BROKERS: kafkaBrokers(ports),
  }),
  inventory: ({ ports }) => ({
    DATABASE_URL: postgresUrl(ports, 'inventory'),
    REDIS_URL: redisUrl(ports),
    KAFKA_BROKERS: kafkaBrokers(ports),
  }),
  payment: ({ ports, url }) => ({
    DATABASE_URL: postgresUrl(ports, 'payment'),
    KAFKA_BROKERS: kafkaBrokers(ports),
    PROVIDER_URL: url('simulators'),
  }),
  simulators: ({ dir }) => ({ DATA_DIR: join(dir, 'simulators') }),
};

/** `order-1.2` is a replica of the shard `order-1`. */
function shardOf(name: string): string {
  return name.replace(/\.\d+$/, '');
}

/** `order-1=http://a:1|http://a:2,order-2=http://…` */
function shardList(replicas: string[], url: (name: string) => string): string {
  const shards = Map.groupBy(replicas, shardOf);
  return [...shards].map(([shard, names]) => `${shard}=${names.map(url).join('|')}`).join(',');
}
