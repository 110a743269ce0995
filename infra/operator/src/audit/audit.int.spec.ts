import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { cloudEventOf } from '@ringshop/contracts';
import { newOrderId, slotOf } from '@ringshop/placement';
import { freePort, type PostgresServer, startPostgres } from '@ringshop/servers';
import { setup } from '@ringshop/setup';
import { ownKafka, testFolder } from '@ringshop/testing';
import type { Producer } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Databases, openDatabases } from '../databases.ts';
import { newestMap } from '../newest-map.ts';
import { connectKafka } from '../read-topics.ts';
import { lastingFinding } from './audit.ts';
import type { Evidence, Invariant, LedgerEntry } from './evidence.ts';
import { invariants } from './invariants.ts';
import type { Probe } from './probe.ts';
import { cutoffs, parkedSagas, settledEvidence, waitUntilSettled } from './settle.ts';

const dir = testFolder('audit');
const word = 'canary0123456789';
const price = 100;
let postgres: PostgresServer;
let broker: Awaited<ReturnType<typeof ownKafka>>;
let databases: Databases;
let producer: Producer;
let ledger: LedgerEntry[];

beforeAll(async () => {
  [postgres, broker] = await Promise.all([freePort().then((port) => startPostgres({ dir, port })), ownKafka()]);
  const kafkaBrokers = broker.server.brokers;
  await setup({ postgresUrl: postgres.url, kafkaBrokers, shards: ['order-1', 'order-2'], dir });
  databases = await openDatabases(postgres.url);
  producer = connectKafka(kafkaBrokers).producer();
  await producer.connect();
  await mkdir(`${dir}/parts-logs`, { recursive: true });
  await writeFile(`${dir}/parts-logs/order-1.log`, 'nothing of interest\n');
});

afterAll(async () => {
  await Promise.all([producer?.disconnect(), databases?.close()]);
  await Promise.all([postgres?.stop(), broker?.stop()]);
  await rm(dir, { recursive: true, force: true });
});

/** Every book as a system would have left it after a confirmed and a declined order. */
let confirmed: Story;
let rejected: Story;
beforeEach(async () => {
  ledger = [];
  confirmed = await tell('confirmed');
  rejected = await tell('rejected');
});

interface Story {
  orderId: string;
  customerId: string;
  shard: string;
}

const on = (shard: string) => databases.shards.find(({ name }) => name === shard)!.database;

async function tell(status: 'confirmed' | 'rejected'): Promise<Story> {
  const customerId = randomUUID();
  const slot = slotOf(customerId);
  const story = { orderId: newOrderId(slot), customerId, shard: (await newestMap(databases.placement)).slots[slot]! };
  const sold = status === 'confirmed';
  await writeOrder(story, on(story.shard), status);
  const lines = JSON.stringify([{ sku: 'SKU-0001', quantity: 2 }]);
  await databases.inventory.rows(
    `INSERT INTO reservations (order_id, state, lines, total_amount, currency) VALUES ($1, $2, $3, $4, 'EUR')`,
    [story.orderId, sold ? 'COMMITTED' : 'RELEASED', lines, 2 * price],
  );
  if (sold) {
    await move('SKU-0001', -2, 0, 2);
    await enter('orders', 'SKU-0001', -2, 0, 2);
    ledger.push({ orderId: story.orderId, authorised: 2 * price, captured: 2 * price, voided: 0, refunded: 0 });
  }
  await databases.payment.rows(
    `INSERT INTO payments (order_id, state, stage, amount, currency) VALUES ($1, $2, 9, $3, 'EUR')`,
    [story.orderId, sold ? 'captured' : 'declined', 2 * price],
  );
  await publish(story.orderId, { status, version: 2 });
  return story;
}

const move = (sku: string, ...by: [available: number, held: number, sold: number]) =>
  databases.inventory.rows(
    'UPDATE stock SET available = available + $2, held = held + $3, sold = sold + $4 WHERE sku = $1',
    [sku, ...by],
  );

const enter = (kind: string, sku: string, ...by: [available: number, held: number, sold: number]) =>
  databases.inventory.rows(
    `INSERT INTO stock_ledger (kind, skus, available, held, sold)
     VALUES ($1, ARRAY[$2], ARRAY[$3::int], ARRAY[$4::int], ARRAY[$5::int])`,
    [kind, sku, ...by],
  );

async function writeOrder({ orderId, customerId }: Story, database: ReturnType<typeof on>, status: string) {
  await database.rows(
    `INSERT INTO orders (order_id, customer_id, status, lines, total_amount, currency, ship_to, placed_at, updated_at, version)
     VALUES ($1, $2, $3, '[{"sku": "SKU-0001", "quantity": 2}]', $4, 'EUR', 'sealed', now(), now(), 2)`,
    [orderId, customerId, status, 2 * price],
  );
  await database.rows(
    `INSERT INTO idempotency_keys (customer_id, key, request_hash, order_id) VALUES ($1, $3, '\\x00', $2)`,
    [customerId, orderId, orderId],
  );
  const middle = status === 'confirmed' ? [[2, 'passed', 'confirm']] : [[2, 'giving up', 'payment-declined']];
  const end = status === 'confirmed' ? 'completed' : 'compensated: payment-declined';
  const log = [[0, 'sent', 'reserve-stock'], [1, 'reply', 'stock-reserved'], ...middle, [3, 'ended', end]];
  await database.rows(
    `INSERT INTO sagas (saga_id, name, version, state, step, attempts, asked_at, data, log, done, created_at, updated_at)
     VALUES ($1, 'place-order', 1, 'completed', 'x', 1, now(), '{}', $2, true, now(), now())`,
    [orderId, JSON.stringify(log)],
  );
}

/** A confirmed order whose customer got everything back. */
async function cancelled({ orderId, shard }: Story): Promise<void> {
  const log = ['close-payment', 'return-stock'].flatMap((name) => [
    [0, 'sent', name],
    [1, 'reply', 'done'],
  ]);
  await on(shard).rows(
    `INSERT INTO sagas (saga_id, name, version, state, step, attempts, asked_at, data, log, done, created_at, updated_at)
     VALUES ($1, 'cancel-order', 1, 'completed', 'x', 1, now(), '{}', $2, true, now(), now())`,
    [orderId, JSON.stringify([...log, [2, 'ended', 'completed']])],
  );
  await on(shard).rows(`UPDATE orders SET status = 'cancelled', version = 4 WHERE order_id = $1`, [orderId]);
  await publish(orderId, { status: 'cancelling', version: 3 });
  await publish(orderId, { status: 'cancelled', version: 4 });
  await databases.inventory.rows(`UPDATE reservations SET state = 'RETURNED' WHERE order_id = $1`, [orderId]);
  await move('SKU-0001', 2, 0, -2);
  await enter('orders', 'SKU-0001', 2, 0, -2);
  await databases.payment.rows(`UPDATE payments SET state = 'refunded' WHERE order_id = $1`, [orderId]);
  for (const entry of ledger) if (entry.orderId === orderId) entry.refunded = entry.captured;
}

function publish(subject: string, change: { status: string; version: number }) {
  const data = { orderId: subject, customerId: randomUUID(), ...change };
  const event = cloudEventOf({ name: 'order-status-changed', source: '/order/order-1', subject, data });
  return producer.send({ topic: 'order.events', messages: [{ key: subject, value: JSON.stringify(event) }] });
}

async function evidence(): Promise<Evidence> {
  const since = await cutoffs(databases);
  return {
    databases,
    map: await newestMap(databases.placement),
    kafka: connectKafka(broker.server.brokers),
    unsettled: await waitUntilSettled(databases, since, 0),
    ...(await settledEvidence(databases, since)),
    acknowledged: [],
    ledger: async () => ledger,
    logs: `${dir}/parts-logs`,
    probe: { words: [word], startedAt: Date.now() - 60_000 } as Probe,
  };
}

const invariant = (id: string): Invariant => invariants.find((candidate) => candidate.id === id)!;

/** What is wrong with `subject`, and nothing that an earlier test left behind. */
async function problems(id: string, subject: string, change: Partial<Evidence> = {}): Promise<string> {
  const { checked, violations } = await invariant(id).check({ ...(await evidence()), ...change });
  expect(checked).toBeGreaterThan(0);
  return violations
    .filter((violation) => violation.subject === subject)
    .map(({ problem }) => problem)
    .join('; ');
}

describe('books that agree', () => {
  it.each(['I1', 'I2', 'I3', 'I4', 'I5', 'I7', 'I8', 'I9', 'I11'])('satisfy %s', async (id) => {
    ledger = [];
    const stories = [await tell('confirmed'), await tell('rejected'), await tell('confirmed')];
    await cancelled(stories[2]!);
    const { checked, violations } = await invariant(id).check(await evidence());
    expect(checked).toBeGreaterThan(0);
    const mine = new Set([...stories.map(({ orderId }) => orderId), 'SKU-0001']);
    expect(violations.filter(({ subject }) => mine.has(subject))).toEqual([]);
  });
});

describe('what is planted is found:', () => {
  it('I1: a unit that has gone from the stock', async () => {
    await move('SKU-0002', -1, 0, 0);
    expect(await problems('I1', 'SKU-0002')).toBe(
      'received 1000000, but 999999 available + 0 held + 0 sold; 999999 available, but 1000000 by the ledger',
    );
  });

  it('I1: units that were moved behind the back of the ledger, though the sum is right', async () => {
    await move('SKU-0003', -1, 0, 1);
    expect(await problems('I1', 'SKU-0003')).toBe(
      '999999 available, but 1000000 by the ledger; 1 sold, but 0 by the ledger; 1 sold, but orders bought 0',
    );
  });

  it('I1: units sold, and held, for nobody, though stock and ledger agree', async () => {
    await move('SKU-0004', -3, 2, 1);
    await enter('orders', 'SKU-0004', -3, 2, 1);
    expect(await problems('I1', 'SKU-0004')).toBe('2 held, but orders hold 0; 1 sold, but orders bought 0');
  });

  it('I1: an entry whose movement never reached the stock', async () => {
    await enter('write-off', 'SKU-0005', -5, 0, 0);
    expect(await problems('I1', 'SKU-0005')).toBe(
      'received 999995, but 1000000 available + 0 held + 0 sold; 1000000 available, but 999995 by the ledger',
    );
  });

  it('I1: units that came in by an order', async () => {
    await move('SKU-0006', 1, 0, 0);
    await enter('orders', 'SKU-0006', 1, 0, 0);
    expect(await problems('I1', 'SKU-0006')).toBe('received 1000000, but 1000001 available + 0 held + 0 sold');
  });

  it('I1: an entry of a SKU that has no stock', async () => {
    await enter('restock', 'SKU-0000', 1, 0, 0);
    expect(await problems('I1', 'SKU-0000')).toContain('received 1, but 0 available');
  });

  it('I2: stock still held for a rejected order', async () => {
    await databases.inventory.rows(`UPDATE reservations SET state = 'HELD' WHERE order_id = $1`, [rejected.orderId]);
    expect(await problems('I2', rejected.orderId)).toContain('still HELD');
  });

  it('I3: money taken for a rejected order, and an authorisation that dangles', async () => {
    const { orderId } = rejected;
    ledger.push({ orderId, authorised: 500, captured: 300, voided: 0, refunded: 0 });
    const found = await problems('I3', orderId);
    expect(found).toContain('rejected with 0 due, but the provider keeps 300');
    expect(found).toContain('200 stay authorised');
  });

  it('I3: a payment for an order that no shard has', async () => {
    const orderId = newOrderId(7);
    ledger.push({ orderId, authorised: 1, captured: 0, voided: 1, refunded: 0 });
    expect(await problems('I3', orderId)).toContain('no shard has this order');
  });

  it('I4: a second capture under another key', async () => {
    ledger.push({ ...ledger[0]! });
    expect(await problems('I4', confirmed.orderId)).toContain('captured by 2 payments');
  });

  it('I4: a confirmed order that was never captured, and one that the payment service forgot', async () => {
    await databases.payment.rows('DELETE FROM payments WHERE order_id = $1', [confirmed.orderId]);
    expect(await problems('I4', confirmed.orderId)).toContain('recorded as nothing');
    ledger = [];
    expect(await problems('I4', confirmed.orderId)).toContain('never captured');
  });

  it('I3, I4: a cancelled order that was not paid back, or paid back twice', async () => {
    await cancelled(confirmed);
    const [payment] = ledger as [LedgerEntry];
    payment.refunded = 0;
    expect(await problems('I3', confirmed.orderId)).toContain('cancelled with 0 due, but the provider keeps 200');
    expect(await problems('I4', confirmed.orderId)).toContain('only 0 of 200 refunded');
    payment.refunded = 400;
    expect(await problems('I3', confirmed.orderId)).toContain('the provider keeps -200');
  });

  it('I8: a cancelled order whose units stay sold', async () => {
    await cancelled(confirmed);
    await databases.inventory.rows(`UPDATE reservations SET state = 'COMMITTED' WHERE order_id = $1`, [
      confirmed.orderId,
    ]);
    expect(await problems('I8', confirmed.orderId)).toBe('cancelled, but its units are sold');
  });

  it('I9: a cancelled order that no saga has cancelled', async () => {
    await cancelled(confirmed);
    await on(confirmed.shard).rows(`DELETE FROM sagas WHERE saga_id = $1 AND name = 'cancel-order'`, [
      confirmed.orderId,
    ]);
    expect(await problems('I9', confirmed.orderId)).toBe('is cancelled, but no saga cancelled it');
  });

  it('I5: an order that does not end, also one that a clock ahead of time has dated tomorrow', async () => {
    const { orderId, shard } = confirmed;
    await on(shard).rows(`UPDATE orders SET status = 'pending', placed_at = now() + '1 day' WHERE order_id = $1`, [
      orderId,
    ]);
    expect(await problems('I5', orderId)).toContain('neither ended in time');
  });

  it('I5: an acknowledged order that is nowhere, and one that does not end', async () => {
    const lost = newOrderId(1);
    expect(await problems('I5', lost, { acknowledged: [lost] })).toContain('on no shard');
    await on(rejected.shard).rows(`UPDATE orders SET status = 'pending' WHERE order_id = $1`, [rejected.orderId]);
    expect(await problems('I5', rejected.orderId)).toContain('neither ended');
  });

  it('I5: a parked order is listed instead', async () => {
    const { orderId, shard } = confirmed;
    await on(shard).rows('UPDATE sagas SET done = false, attention_since = now() WHERE saga_id = $1', [orderId]);
    expect(await problems('I5', orderId)).toBe('');
    expect((await parkedSagas(databases)).map((saga) => saga.orderId)).toContain(orderId);
    ledger = [];
    expect(await problems('I4', orderId)).toBe('');
  });

  it('I7: an order on two shards, one of them wrong', async () => {
    const other = databases.shards.find(({ name }) => name !== confirmed.shard)!;
    await writeOrder(confirmed, other.database, 'confirmed');
    const found = await problems('I7', confirmed.orderId);
    expect(found).toMatch(/is on order-1 and on order-2/);
    expect(found).toContain(`is on ${other.name}, but slot`);
  });

  it("I7: an id that carries somebody else's slot", async () => {
    const orderId = newOrderId((slotOf(confirmed.customerId) + 1) % 4096);
    await writeOrder({ ...confirmed, orderId }, on(confirmed.shard), 'confirmed');
    expect(await problems('I7', orderId)).toMatch(/carries slot \d+, but its customer's is \d+/);
  });

  it('I7: a slot that two shards own, and one that none owns', async () => {
    const [first, second] = databases.shards.map(({ database }) => database) as [
      ReturnType<typeof on>,
      ReturnType<typeof on>,
    ];
    await first.rows('INSERT INTO owned_slots VALUES (0, 1), (1, 1) ON CONFLICT DO NOTHING');
    await second.rows('INSERT INTO owned_slots VALUES (0, 1) ON CONFLICT DO NOTHING');
    await first.rows('DELETE FROM owned_slots WHERE slot = 1');
    expect(await problems('I7', 'slot 0')).toContain('owned by order-1, order-2');
    expect(await problems('I7', 'slot 1')).toContain('owned by no shard');
  });

  it('I8: a message that stays in an outbox', async () => {
    const sql = `INSERT INTO outbox (messages, created_at) VALUES ('[]', now() - interval '1 minute') RETURNING id`;
    const [row] = await databases.inventory.rows<{ id: string }>(sql);
    expect(await problems('I8', `outbox row ${row!.id} of inventory`)).toContain('waits since 60 s');
  });

  it('I8: other units sold than were ordered', async () => {
    const lines = '[{"sku": "SKU-0001", "quantity": 4}]';
    await databases.inventory.rows('UPDATE reservations SET lines = $2 WHERE order_id = $1', [
      confirmed.orderId,
      lines,
    ]);
    expect(await problems('I8', confirmed.orderId)).toBe('ordered 2 × SKU-0001, but sold 4 × SKU-0001');
  });

  it('I9: a version that was never told, one told in two ways, and a move the machine has not', async () => {
    await on(confirmed.shard).rows('UPDATE orders SET version = 3 WHERE order_id = $1', [confirmed.orderId]);
    expect(await problems('I9', confirmed.orderId)).toContain('version 3 was never told');
    await publish(confirmed.orderId, { status: 'rejected', version: 3 });
    expect(await problems('I9', confirmed.orderId)).toContain('went from confirmed to rejected');
    await publish(confirmed.orderId, { status: 'cancelled', version: 3 });
    expect(await problems('I9', confirmed.orderId)).toContain('version 3 was told in two ways');
  });

  it('I9: a saga that ended otherwise than its order', async () => {
    await on(rejected.shard).rows(
      `UPDATE sagas SET log = '[[0,"sent","reserve-stock"],[1,"reply","x"],[2,"passed","confirm"],[3,"ended","completed"]]'
        WHERE saga_id = $1`,
      [rejected.orderId],
    );
    expect(await problems('I9', rejected.orderId)).toBe('is rejected, but its saga ended as completed');
  });

  it('I11: a planted word in a table, a topic and a log', async () => {
    await on('order-1').rows(`UPDATE orders SET ship_to = $1`, [`1 ${word} Street`]);
    await publish(confirmed.orderId, { status: word, version: 2 });
    await writeFile(`${dir}/parts-logs/order-1.log`, `failed for ${word}\n`);
    const { violations } = await invariant('I11').check(await evidence());
    const subjects = violations.map(({ subject }) => subject);
    expect(subjects).toEqual(
      expect.arrayContaining(['table orders of order_1', 'topic order.events', 'log order-1.log']),
    );
  });
});

it('an order that was cancelled while it was looked at is judged another time', async () => {
  const before = await evidence();
  await cancelled(confirmed);
  const { violations } = await lastingFinding(invariant('I8'), before, 1);
  expect(violations.filter(({ subject }) => subject === confirmed.orderId)).toEqual([]);
});

it('what was wrong at one look only is no violation', async () => {
  let looks = 0;
  const moving: Invariant = {
    id: 'I0',
    title: 'changes while it is looked at',
    check: async () => ({ checked: 1, violations: [{ subject: `order ${looks++}`, problem: 'under way' }] }),
  };
  const lasting: Invariant = {
    ...moving,
    check: async () => ({ checked: 1, violations: [{ subject: 'x', problem: 'y' }] }),
  };
  expect((await lastingFinding(moving, await evidence(), 1)).violations).toEqual([]);
  expect((await lastingFinding(lasting, await evidence(), 1)).violations).toHaveLength(1);
});
