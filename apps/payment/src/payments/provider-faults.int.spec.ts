import { randomUUID } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  amount,
  authorise,
  capture,
  close,
  money,
  PaymentsRig,
  patient,
  pauseMaxMs,
  voidPayment,
} from './payments.kit.ts';

const rig = new PaymentsRig();
const { replica, replies, ledger, unresolved, settled, setFaults, faultsLeft, calls } = rig;

beforeAll(rig.open);
afterAll(rig.close);
beforeEach(rig.begin);
afterEach(async () => {
  await setFaults({});
  await rig.end();
});

/** The simulator goes by the clock on the wall, the service by one that never jumps. */
const clocksDifferMs = 10;

/** Every key that a payment was asked for under, by verb; an authorisation is looked up by the key it was made with. */
async function keysOf(orderId: string): Promise<Record<string, string[]>> {
  const byVerb = Object.groupBy(await calls(orderId), ({ verb }) => verb);
  return Object.fromEntries(
    Object.entries(byVerb).map(([verb, made]) => [verb, [...new Set(made!.map(({ key }) => key))]]),
  );
}

async function expectOneKeyEach(orderId: string): Promise<void> {
  const own = { authorise: orderId, 'look-up': orderId };
  for (const [verb, keys] of Object.entries(await keysOf(orderId))) {
    expect([verb, keys]).toEqual([verb, [(own as Record<string, string>)[verb] ?? `${orderId}:${verb}`]]);
  }
}

test.each([
  ['tok_500.x1', 3],
  ['tok_hang', 3],
  ['tok_reset_charged', 1],
  ['tok_reset_uncharged', 2],
  ['tok_answers_twice', 1],
])('%s is authorised in the end: one charge, one key, and no word of a refusal', async (token, most) => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId, token)]);
  await settled();
  expect(await replies(orderId)).toEqual(['payment-authorised']);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({}) }]);
  expect((await calls(orderId)).filter(({ verb }) => verb === 'authorise').length).toBeLessThanOrEqual(most);
  await expectOneKeyEach(orderId);
});

const kinds = 'http500 http500Done http503 http429 hang hangDone reset resetDone halfAnswer twice'.split(' ');

test.each(kinds)('%s at any call of the provider costs nothing but time', async (fault) => {
  const [made, taken, voided, closed] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ];
  const { payments } = await replica();
  await payments.handle([taken, voided, closed].map((orderId) => authorise(orderId)));
  await settled();
  await setFaults({ [fault]: 4, retryAfterS: 0 });
  await payments.handle([authorise(made), capture(taken), voidPayment(voided), close(closed)]);
  await settled();
  await setFaults({ [fault]: 1, retryAfterS: 0, only: 'refund' });
  await payments.handle([close(taken)]);
  await settled();
  expect(await faultsLeft()).toBe(0);
  expect(await replies(made)).toEqual(['payment-authorised']);
  expect(await replies(taken)).toEqual(['payment-authorised', 'payment-captured', 'payment-closed']);
  expect(await replies(voided)).toEqual(['payment-authorised', 'payment-voided']);
  expect(await replies(closed)).toEqual(['payment-authorised', 'payment-closed']);
  expect(await ledger(made)).toEqual([{ orderId: made, ...money({}) }]);
  const paidBack = money({ captured: amount.amount, refunded: amount.amount });
  expect(await ledger(taken)).toEqual([{ orderId: taken, ...paidBack }]);
  for (const orderId of [voided, closed]) {
    expect(await ledger(orderId)).toEqual([{ orderId, ...money({ voided: amount.amount }) }]);
  }
  for (const orderId of [made, taken, voided, closed]) await expectOneKeyEach(orderId);
});

test('Retry-After is respected: no call for that payment before it is over, not even to undo it', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId, 'tok_429')]);
  await payments.handle([authorise(orderId, 'tok_429'), voidPayment(orderId)]);
  expect(await calls(orderId)).toHaveLength(1);
  await settled();
  const [refused, ...later] = await calls(orderId);
  expect(refused).toMatchObject({ verb: 'authorise', fault: 'http429' });
  for (const { at } of later) expect(at - refused!.at).toBeGreaterThan(1_000 - clocksDifferMs);
  expect((await replies(orderId)).sort()).toEqual(['payment-refused', 'payment-refused', 'payment-voided']);
});

test('one payment that is to wait for a minute holds the others up for a bounded time, and is itself left alone', async () => {
  const [patient, ...others] = Array.from({ length: 5 }, () => randomUUID()) as [string, string];
  const { payments } = await replica();
  await setFaults({ http429: 1, retryAfterS: 60 });
  await payments.handle([authorise(patient)]);
  await payments.handle(others.map((orderId) => authorise(orderId)));
  for (const orderId of others) {
    await eventually(async () => expect(await replies(orderId)).toEqual(['payment-authorised']));
  }
  await payments.handle([voidPayment(patient)]);
  const [refused, ...repeated] = await calls(patient);
  expect(repeated).toEqual([]);
  for (const { at } of (await Promise.all(others.map(calls))).flat()) {
    expect(at - refused!.at).toBeGreaterThan(pauseMaxMs - clocksDifferMs);
  }
  const { rows } = await rig.pool.query<{ seconds: number }>(
    'SELECT extract(epoch FROM next_attempt_at - now())::float8 AS seconds FROM unresolved_commands',
  );
  expect(rows).toHaveLength(2);
  for (const { seconds } of rows) expect(seconds).toBeGreaterThan(50);
});

test('a second answer on a connection is never taken for the answer to the next call', async () => {
  const { payments } = await replica({ connections: 1, ...patient });
  const orders = Array.from({ length: 6 }, (_, index) => ({ orderId: randomUUID(), declined: index % 2 === 1 }));
  await payments.handle(
    orders.map(({ orderId, declined }) => authorise(orderId, declined ? 'tok_decline' : 'tok_answers_twice')),
  );
  await settled();
  for (const { orderId, declined } of orders) {
    expect(await replies(orderId)).toEqual([declined ? 'payment-declined' : 'payment-authorised']);
    expect(await ledger(orderId)).toEqual(declined ? [] : [{ orderId, ...money({}) }]);
  }
});

test('a capture of what the provider gave up by itself is not called closed: the order is confirmed, and a person must see it', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId)]);
  await settled();
  await fetch(`${rig.simulators.url}/payments/void`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'by the provider' },
    body: JSON.stringify({ orderId, payment: orderId }),
  });
  await payments.handle([capture(orderId)]);
  await eventually(async () => (await calls(orderId)).filter(({ verb }) => verb === 'capture').length > 2);
  expect(await replies(orderId)).toEqual(['payment-authorised']);
  expect(await unresolved()).toMatchObject([{ command: 'capture-payment' }]);
});
