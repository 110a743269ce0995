import { mkdtempSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outbox } from '@ringshop/messaging';
import { createLogger, KeyRing, seal } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import type { QueryConfig } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aBody, aCustomer, as, get, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';
import { CustomerKeys } from './customer-keys.ts';
import type { KeyReport } from './key-usage.ts';
import { ReSeal } from './re-seal.ts';

const path = join(mkdtempSync(join(tmpdir(), 'ringshop-')), 'keys');
const k1 = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const k2 = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
const { shipTo } = aBody();

let shard: TestShard;
let replicas: Replica[];

beforeAll(async () => {
  await fileSays(k1);
  shard = await testShard();
  const env = { PERSONAL_DATA_KEYS: '', PERSONAL_DATA_KEYS_FILE: path, RESEAL_EVERY_MS: '50' };
  replicas = await Promise.all([
    shard.replica({ ...env, NAME: 'order-1' }),
    shard.replica({ ...env, NAME: 'order-1.2' }),
  ]);
});
afterAll(() => shard.stop());

async function fileSays(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
const query = (sql: string, values: unknown[] = []) => shard.database.pool.query(sql, values);
async function reports(query = ''): Promise<KeyReport[]> {
  const headers = as(aCustomer(), 'operator');
  const ask = async ({ url }: Replica) => (await fetch(`${url}/keys/personal-data${query}`, { headers })).json();
  return (await Promise.all(replicas.map(ask))) as KeyReport[];
}
const untilAll = (what: string, say: (report: KeyReport) => boolean) =>
  eventually(async () => (await reports()).every(say), { what });

interface Written {
  customer: string;
  orderId: string;
}

/** Places orders at both replicas until told to end: half of them for customers who are known, the others for new ones. */
function load(known: string[]) {
  const written: Written[] = [];
  const statuses = new Set<number>();
  let over = false;
  const one = async (n: number) => {
    for (let round = 0; !over; round++) {
      const customer = round % 2 ? aCustomer() : known[(n + round) % known.length]!;
      const answer = await place(replicas[round % 2]!, { customer });
      statuses.add(answer.status);
      written.push({ customer, orderId: ((await answer.json()) as { orderId: string }).orderId });
    }
  };
  const running = Promise.all(Array.from({ length: 4 }, (_, n) => one(n)));
  const end = async () => {
    over = true;
    await running;
    return { written, statuses };
  };
  return { written, end };
}

async function shipToOf({ customer, orderId }: Written, replica: Replica) {
  return (await get(replica, `/orders/${orderId}/ship-to`, customer)).json();
}

it('63: keys are rotated under load at two replicas: no order is refused, old rows are read, new ones are under the new key', async () => {
  const known = Array.from({ length: 50 }, aCustomer);
  const orders = load(known);
  await eventually(() => orders.written.length > 100, { what: 'orders under the old key' });
  const old = orders.written[0]!;
  const sealedDirectly = seal(KeyRing.parse(k1), JSON.stringify(shipTo), `orders.ship_to ${old.orderId}`);
  await query('UPDATE orders SET ship_to = $1 WHERE order_id = $2', [sealedDirectly, old.orderId]);

  await fileSays(`${k1},${k2}`);
  await untilAll('both replicas to know the new key', ({ opens }) => opens.join() === 'k1,k2');
  await fileSays(`${k2},${k1}`);
  await untilAll('the new key to seal', ({ seals }) => seals === 'k2');
  await untilAll('nothing to be left under the old key', (report) => !report.dataKeys.k1 && !report.addresses.k1);
  // Transactions that had sealed under the old key before it was replaced may commit after that count; a settled one waits
  // for them, and what they wrote is sealed anew like the rest.
  await eventually(async () => (await reports('?settled=true')).every(({ dataKeys }) => !dataKeys.k1), {
    what: 'nothing to be left, with nobody writing',
  });
  await fileSays(k2);
  await untilAll('the old key to be gone', ({ opens }) => opens.join() === 'k2');
  const before = orders.written.length;
  await eventually(() => orders.written.length > before + 50, { what: 'orders with the new key alone' });

  const { written, statuses } = await orders.end();
  expect([...statuses]).toEqual([202]);
  const read = await Promise.all(written.map((each, n) => shipToOf(each, replicas[n % 2]!)));
  expect(read.filter((each) => JSON.stringify(each) !== JSON.stringify(shipTo))).toEqual([]);
  const { rows } = await query(`SELECT DISTINCT split_part(sealed_key, '.', 1) AS kid FROM customer_keys`);
  expect(rows).toEqual([{ kid: 'k2' }]);
  expect((await query(`SELECT FROM orders WHERE ship_to NOT LIKE '@.%'`)).rowCount).toBe(0);
});

it('what cannot be sealed anew is passed over, and the rest goes on', async () => {
  const [broken, fine] = [aCustomer(), aCustomer()];
  for (const customer of [broken, fine]) await place(replicas[0]!, { customer });
  const ring = KeyRing.parse(`k3:${Buffer.alloc(32, 3).toString('base64')}`);
  await query('UPDATE customer_keys SET sealed_key = $1 WHERE customer_id = $2', [seal(ring, 'x', 'y'), broken]);
  await fileSays(`k4:${Buffer.alloc(32, 4).toString('base64')},${k2},k3:${Buffer.alloc(32, 3).toString('base64')}`);
  await untilAll('the rest to be sealed anew', ({ dataKeys }) => !dataKeys.k2);
  expect((await reports())[0]!.dataKeys).toMatchObject({ k3: 1 });
  expect(
    (await query('SELECT sealed_key FROM customer_keys WHERE customer_id = $1', [fine])).rows[0].sealed_key,
  ).toMatch(/^k4\./);
});

it('what is erased while it is being sealed anew stays erased', async () => {
  const ring = KeyRing.parse(`k9:${Buffer.alloc(32, 9).toString('base64')}`);
  const [underOldKey, withOldAddress] = [aCustomer(), aCustomer()];
  const orderIds: string[] = [];
  for (const customer of [underOldKey, withOldAddress]) {
    orderIds.push(((await (await place(replicas[0]!, { customer })).json()) as { orderId: string }).orderId);
  }
  const erase = async (customer: string) => {
    for (const {
      shard: { personalData },
    } of replicas.slice(1))
      await personalData.erasing.erase(customer, aCustomer());
  };
  const other = KeyRing.parse(`${shardKey()},k9:${Buffer.alloc(32, 9).toString('base64')}`);
  await query('UPDATE customer_keys SET sealed_key = $1 WHERE customer_id = $2', [
    seal(ring, Buffer.alloc(32, 5), `customer_keys.sealed_key ${underOldKey}`),
    underOldKey,
  ]);
  await query('UPDATE orders SET ship_to = $1 WHERE order_id = $2', [
    seal(ring, JSON.stringify(shipTo), `orders.ship_to ${orderIds[1]}`),
    orderIds[1],
  ]);
  const met = new Map<string, Promise<void>>();
  const eraseOnce = (customer: string) => {
    const erasing = met.get(customer) ?? erase(customer);
    met.set(customer, erasing);
    return erasing;
  };
  const outbox = outboxThatMeets({
    'UPDATE customer_keys': () => eraseOnce(underOldKey),
    // Its slot is held until the transaction ends, so this one comes after it.
    'UPDATE orders': async () => void eraseOnce(withOldAddress),
  });
  const logger = createLogger('test', 'silent');
  const reSeal = new ReSeal({ outbox, ring: other, keys: new CustomerKeys(other), logger });
  // While a replica is at it, a run does nothing; one may come to the keys and not to the addresses.
  await eventually(async () => (await reSeal.run()) === 0 && met.size === 2, { what: 'both to be sealed anew' });
  expect((await query('SELECT sealed_key FROM customer_keys WHERE customer_id = $1', [underOldKey])).rows).toEqual([
    { sealed_key: null },
  ]);
  await met.get(withOldAddress);
  expect((await get(replicas[0]!, `/orders/${orderIds[1]}/ship-to`, withOldAddress)).status).toBe(410);
});

/** What the replicas seal with by now. */
const shardKey = () => `k4:${Buffer.alloc(32, 4).toString('base64')}`;

/** Something else happens just before a statement that begins so. */
function outboxThatMeets(meets: Record<string, () => Promise<void>>): Outbox {
  const transaction: Outbox['transaction'] = async (work) => {
    const client = await shard.database.pool.connect();
    const last: QueryConfig[] = [];
    try {
      await client.query('BEGIN');
      const result = await work({
        query: async (statement: string | { text: string }, values?: unknown[]) => {
          const text = typeof statement === 'string' ? statement : statement.text;
          for (const [start, happen] of Object.entries(meets)) if (text.startsWith(start)) await happen();
          return client.query(statement as string, values) as never;
        },
        last: (query) => void last.push(query),
        publish: () => undefined,
      });
      for (const query of last) await client.query(query);
      await client.query('COMMIT');
      return result;
    } finally {
      client.release();
    }
  };
  return { transaction } as Outbox;
}

it('a count that is to be settled waits for whoever is writing a key, so that no row comes after it', async () => {
  const customer = aCustomer();
  const writer = await shard.database.pool.connect();
  try {
    await writer.query('BEGIN');
    await writer.query(`INSERT INTO customer_keys (customer_id, sealed_key) VALUES ($1, 'k8.a.b.c')`, [customer]);
    const settled = replicas[0]!.shard.personalData.usage.report(true);
    expect((await reports())[0]!.dataKeys.k8).toBeUndefined();
    await writer.query('COMMIT');
    expect((await settled).dataKeys.k8).toBe(1);
  } finally {
    writer.release();
  }
});

it('the numbers are for operators only', async () => {
  expect((await get(replicas[0]!, '/keys/personal-data', aCustomer())).status).toBe(403);
});
