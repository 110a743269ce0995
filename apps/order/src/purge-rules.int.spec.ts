import { randomUUID } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCustomer, place, type Replica, type TestShard, testShard } from './shard.kit.ts';

const hour = 60 * 60 * 1000;
let shard: TestShard;

beforeAll(async () => {
  shard = await testShard();
});
afterAll(() => shard.stop());

const idOf = async (response: Response) => ((await response.json()) as { orderId: string }).orderId;
const age = (key: string, ms: number) =>
  shard.database.pool.query(
    `UPDATE idempotency_keys SET created_at = created_at - $2 * interval '1 millisecond' WHERE key = $1`,
    [key, ms],
  );
const count = async (table: string) =>
  (await shard.database.pool.query(`SELECT count(*)::int FROM ${table}`)).rows[0].count as number;

it('a key is good for a day; afterwards the same key places a new order, and the old order stays', async () => {
  const replica = await shard.replica();
  const customer = aCustomer();
  const [old, young] = [randomUUID(), randomUUID()];
  const ids = await Promise.all([old, young].map(async (key) => idOf(await place(replica, { customer, key }))));
  await age(young, 23 * hour);
  await age(old, 24 * hour);
  // Only now: rows do not age backwards, so one that has seen them young would not look again for a day.
  await shard.replica({ PURGE_EVERY_MS: '20' });
  await eventually(async () => (await count('idempotency_keys')) === 1);
  expect(await idOf(await place(replica, { customer, key: young }))).toBe(ids[1]);
  const again = await place(replica, { customer, key: old });
  expect(again.status).toBe(202);
  expect(await idOf(again)).not.toBe(ids[0]);
  expect(await count('orders')).toBe(3);
});

it('purging by two replicas fails no placement, and the keys stay as many as their time admits (53)', async () => {
  const env = { PURGE_EVERY_MS: '1', IDEMPOTENCY_KEEP_MS: '50' };
  const replicas: Replica[] = await Promise.all([shard.replica(env), shard.replica(env)]);
  const before = await count('orders');
  const statuses = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => place(replicas[at % 2]!)));
    for (const { status } of answers) statuses.add(status);
  }
  expect([...statuses]).toEqual([202]);
  expect(await count('orders')).toBe(before + 200);
  await eventually(async () => (await count('idempotency_keys')) === 0);
});
