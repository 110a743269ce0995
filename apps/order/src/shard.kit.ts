import { randomUUID } from 'node:crypto';
import { cloudEventOf } from '@ringshop/contracts';
import type { Incoming } from '@ringshop/messaging';
import { firstMap, slotOf } from '@ringshop/placement';
import {
  createLogger,
  Health,
  KeyRing,
  principalHeader,
  type Role,
  readConfig,
  type Service,
  Shutdown,
  signPrincipal,
  start,
} from '@ringshop/service-defaults';
import { type TestDatabase, testDatabase } from '@ringshop/testing';
import { DataSource } from 'typeorm';
import { appModule } from './app.module.ts';
import { orderConfig } from './config.ts';
import { migrations } from './migrations/index.ts';
import { createShard, type Shard } from './shard.ts';

const keyRing = `test:${Buffer.alloc(32, 7).toString('base64')}`;

export interface Replica extends Service {
  shard: Shard;
}

export interface TestShard {
  database: TestDatabase;
  placement: TestDatabase;
  env: Record<string, string>;
  /** One more process's worth of this shard, on a port of its own. It hears no Kafka unless its environment says where. */
  replica(env?: Record<string, string>, how?: { hears?: boolean }): Promise<Replica>;
  stop(): Promise<void>;
}

/** A shard with its own databases, migrated, owning every slot. */
export async function testShard(name = 'order-1'): Promise<TestShard> {
  const [database, placement] = await Promise.all([testDatabase(), testDatabase()]);
  await migrate(database.url);
  const map = firstMap([name]);
  await database.pool.query('INSERT INTO owned_slots SELECT slot, 1 FROM generate_series(0, 4095) AS slot');
  await placement.pool.query('CREATE TABLE placement_maps (epoch bigint PRIMARY KEY, members jsonb, slots jsonb)');
  await placement.pool.query('INSERT INTO placement_maps VALUES ($1, $2, $3)', [
    map.epoch,
    JSON.stringify(map.members),
    JSON.stringify(map.slots),
  ]);
  const env = {
    NAME: name,
    PORT: '0',
    LOG_LEVEL: 'silent',
    SHARD: name,
    DATABASE_URL: database.url,
    PLACEMENT_URL: placement.url,
    // No order is decided but by a test, and it takes a while until a relay knows that nobody hears it.
    ADMISSION_MIN: '100000',
    ADMISSION_INITIAL: '100000',
    ADMISSION_MAX: '100000',
    // Nothing listens there: what is published stays in the outbox table, where a test can read it.
    KAFKA_BROKERS: '127.0.0.1:1',
    INTERNAL_CALL_KEYS: keyRing,
    PAYMENT_TOKEN_KEYS: keyRing,
    PERSONAL_DATA_KEYS: keyRing,
    DEADLINE_SWEEP_MS: '600000',
  };
  const replicas: Replica[] = [];
  return {
    database,
    placement,
    env,
    replica: async (more = {}, how = {}) => {
      const replica = await startReplica({ ...env, ...more }, how);
      replicas.push(replica);
      return replica;
    },
    stop: async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await Promise.all([database.drop(), placement.drop()]);
    },
  };
}

/** One that does not hear sends messages, but takes no replies from its group. */
export async function startReplica(env: Record<string, string>, { hears = true } = {}): Promise<Replica> {
  const config = readConfig(orderConfig, env);
  const logger = createLogger(config.NAME, config.LOG_LEVEL);
  const [health, shutdown] = [new Health(), new Shutdown()];
  const shard = createShard(config, logger);
  shard.report(health);
  shard.endWith(shutdown);
  const service = await start({
    config,
    logger,
    health,
    shutdown,
    module: appModule(shard),
    ...(hears && env.KAFKA_BROKERS !== '127.0.0.1:1' && { strategy: shard.replies }),
    configure: () => shard.start(),
  });
  return { ...service, shard };
}

async function migrate(url: string): Promise<void> {
  const source = await new DataSource({ type: 'postgres', url, migrations }).initialize();
  await source.runMigrations();
  await source.destroy();
}

export const aBody = () => ({
  lines: [{ sku: 'SKU-0001', quantity: 2 }],
  payment: { token: 'tok_approve.canary' },
  shipTo: { name: 'Ada Canary', address: '1 Canary Row' },
});

export const aCustomer = () => randomUUID();

const ring = KeyRing.parse(keyRing);
/** What the gateway says about who asks. */
export const as = (subject: string, role: Role = 'customer') => ({
  [principalHeader]: signPrincipal(ring, { subject, role }),
});

export interface PlaceInit {
  customer?: string;
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export function place(replica: Pick<Replica, 'url'>, init: PlaceInit = {}): Promise<Response> {
  const { customer = aCustomer(), key = randomUUID(), body = aBody(), headers, signal = null } = init;
  return fetch(`${replica.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...as(customer), ...headers },
    body: JSON.stringify(body),
    signal,
  });
}

export const get = (replica: Replica, path: string, customer: string, headers = {}): Promise<Response> =>
  fetch(`${replica.url}${path}`, { headers: { ...as(customer), ...headers } });

export const cancel = (replica: Replica, orderId: string, customer: string, key: string = randomUUID(), headers = {}) =>
  fetch(`${replica.url}/orders/${orderId}/cancel`, {
    method: 'POST',
    headers: { 'idempotency-key': key, ...as(customer), ...headers },
  });

/** Names of the messages about an order that were published, in their order; nothing takes them out of the outbox here. */
export async function published({ database }: TestShard, orderId: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT split_part(m->'event'->>'type', '.', 2) AS name
       FROM outbox, json_array_elements(messages) WITH ORDINALITY AS all_of(m, at)
      WHERE m->'event'->>'subject' = $1 ORDER BY id, at`,
    [orderId],
  );
  return rows.map(({ name }) => name);
}

export const total = { amount: 500, currency: 'EUR' as const };

/** What participants answer, in the order of a good day up to the pivot. */
export const goodReplies: Record<string, unknown> = {
  'stock-reserved': {
    lines: [{ sku: 'SKU-0001', quantity: 2, unitPrice: { amount: 250, currency: 'EUR' } }],
    total,
    heldUntil: new Date(Date.now() + 900_000).toISOString(),
  },
  'payment-authorised': { amount: total },
};

export function incoming(orderId: string, name: string, data: unknown = goodReplies[name] ?? {}): Incoming {
  const event = cloudEventOf({ name, source: '/test', subject: orderId, data });
  return { name, event, topic: 'order.replies.order-1', partition: 0, offset: '0', attempt: 1 };
}

/** Takes a slot away, as a move of it to another shard would. */
export async function moveAway({ database, placement }: TestShard, customer: string): Promise<void> {
  await database.pool.query('DELETE FROM owned_slots WHERE slot = $1', [slotOf(customer)]);
  await placement.pool.query(
    `INSERT INTO placement_maps SELECT epoch + 1, members, jsonb_set(slots, $1, '"order-2"') FROM placement_maps
      ORDER BY epoch DESC LIMIT 1`,
    [`{${slotOf(customer)}}`],
  );
}
