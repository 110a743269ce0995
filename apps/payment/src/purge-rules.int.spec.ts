import { randomUUID } from 'node:crypto';
import { Purge } from '@ringshop/messaging';
import { createLogger } from '@ringshop/service-defaults';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PaymentState, stageOf } from './payments/payment.ts';
import { authorise, capture, close, money, PaymentsRig, patient, voidPayment } from './payments/payments.kit.ts';
import { purgeRules } from './purge-rules.ts';

const day = 24 * 60 * 60 * 1000;
const logger = createLogger('test', 'silent');
const rig = new PaymentsRig();

beforeAll(rig.open);
afterAll(rig.close);
beforeEach(rig.begin);
afterEach(rig.end);

const purge = () =>
  new Purge({ pool: rig.pool, logger, everyMs: 60_000, rules: purgeRules({ TOMBSTONE_KEEP_MS: 14 * day }) });
const age = (days: number) => rig.pool.query(`UPDATE payments SET updated_at = now() - $1 * interval '1 day'`, [days]);
const states = async () => {
  const { rows } = await rig.pool.query<{ state: PaymentState }>('SELECT state FROM payments ORDER BY state');
  return rows.map(({ state }) => state);
};

test('only a payment that is over and never took money is purged, and only after its time', async () => {
  const all = Object.keys(stageOf) as PaymentState[];
  for (const state of all) {
    await rig.pool.query('INSERT INTO payments (order_id, state, stage) VALUES ($1, $2, $3)', [
      randomUUID(),
      state,
      stageOf[state],
    ]);
  }
  await age(13);
  expect(await purge().run()).toBe(0);
  await age(15);
  expect(await purge().run()).toBe(2);
  expect(await states()).toEqual(all.filter((state) => state !== 'declined' && state !== 'voided').sort());
  // Nobody has asked the provider for any of these.
  await rig.pool.query('DELETE FROM payments');
});

test('a captured payment is known after a year: capturing again repeats the reply, closing pays it back', async () => {
  const orderId = randomUUID();
  const { payments } = await rig.replica(patient);
  await payments.handle([authorise(orderId)]);
  await payments.handle([capture(orderId)]);
  await age(365);
  expect(await purge().run()).toBe(0);
  await payments.handle([capture(orderId)]);
  await payments.handle([close(orderId)]);
  expect(await rig.replies(orderId)).toEqual([
    'payment-authorised',
    'payment-captured',
    'payment-captured',
    'payment-closed',
  ]);
  expect(await rig.ledger(orderId)).toEqual([{ orderId, ...money({ captured: 1_250, refunded: 1_250 }) }]);
});

test('an authorise that comes after its tombstone is gone takes no money: the provider remembers, by its key', async () => {
  const orderId = randomUUID();
  const { payments } = await rig.replica(patient);
  await payments.handle([voidPayment(orderId)]);
  await age(15);
  expect(await purge().run()).toBe(1);
  // From before its own end, which would have been enough to pass over it.
  await payments.handle([authorise(orderId, 'tok_approve', new Date(Date.now() - 15 * day).toISOString())]);
  expect(await rig.replies(orderId)).toEqual(['payment-voided']);
  await payments.handle([authorise(orderId)]);
  expect(await rig.replies(orderId)).toEqual(['payment-voided', 'payment-refused']);
  expect(await rig.ledger(orderId)).toEqual([]);
});
