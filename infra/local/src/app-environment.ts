import { join } from 'node:path';
import { kafkaBrokers, redisUrl } from './addresses.ts';
import type { Ports } from './ports.ts';
import type { PartKind } from './status.ts';

interface App {
  name: string;
  kind: PartKind;
  /** The names of all apps by kind. */
  names: Record<string, string[]>;
  ports: Ports;
  /** Where apps find the servers; differs from `ports` when proxies stand between. */
  seen: Ports;
  url: (name: string) => string;
  dir: string;
}

/** What the app needs to know about this machine and is no secret; everything else has its default in the app's own schema. */
export function appEnvironment(app: App): Record<string, string> {
  const { name, kind, ports } = app;
  const own = { NAME: name, HOST: '127.0.0.1', PORT: String(ports(name)) };
  return { ...own, ...(byKind[kind]?.(app) ?? {}) };
}

const byKind: Partial<Record<PartKind, (app: App) => Record<string, string>>> = {
  gateway: ({ names, ports, seen, url }) => ({
    OPERATOR_HOST: '127.0.0.1',
    OPERATOR_PORT: String(ports('operator')),
    SHARDS: shardList(names.order ?? [], url),
    INVENTORY_URLS: (names.inventory ?? []).map(url).join('|'),
    REDIS_URL: redisUrl(seen),
    JWKS_URL: `${simulatorsUrl(seen)}/.well-known/jwks.json`,
  }),
  order: ({ name, seen, dir }) => ({
    SHARD: shardOf(name),
    PERSONAL_DATA_KEYS_FILE: join(dir, 'secrets', 'personal-data', 'keys'),
    KAFKA_BROKERS: kafkaBrokers(seen),
  }),
  inventory: ({ seen }) => ({
    REDIS_URL: redisUrl(seen),
    KAFKA_BROKERS: kafkaBrokers(seen),
  }),
  payment: ({ seen }) => ({
    KAFKA_BROKERS: kafkaBrokers(seen),
    PROVIDER_URL: simulatorsUrl(seen),
  }),
  // The provider remembers every payment, since the audit asks about each: some 600 bytes, and a day of load is a million.
  simulators: ({ dir }) => ({ DATA_DIR: join(dir, 'simulators'), NODE_OPTIONS: '--max-old-space-size=1024' }),
};

const simulatorsUrl = (seen: Ports) => `http://127.0.0.1:${seen('simulators')}`;

/** `order-1.2` is a replica of the shard `order-1`. */
export function shardOf(name: string): string {
  return name.replace(/\.\d+$/, '');
}

/** `order-1=http://a:1|http://a:2,order-2=http://…` */
function shardList(replicas: string[], url: (name: string) => string): string {
  const shards = Map.groupBy(replicas, shardOf);
  return [...shards].map(([shard, names]) => `${shard}=${names.map(url).join('|')}`).join(',');
}
