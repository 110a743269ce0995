import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { amount, authorise, capture, close, money, PaymentsRig } from './payments.kit.ts';

const rig = new PaymentsRig();
const { replica, replies, ledger, unresolved, settled } = rig;

beforeAll(rig.open);
afterAll(rig.close);
beforeEach(rig.begin);
afterEach(rig.end);

/** The data of the replies with this name. */
async function told(orderId: string, name: string): Promise<unknown[]> {
  const events = await rig.replyEvents(orderId);
  return events.filter(({ type }) => type.includes(`.${name}.`)).map(({ data }) => data);
}

test('a close before the capture frees the money, and the capture that comes later is refused as closed', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId)]);
  await settled();
  await payments.handle([close(orderId)]);
  await settled();
  await payments.handle([capture(orderId)]);
  await settled();
  expect(await replies(orderId)).toEqual(['payment-authorised', 'payment-closed', 'capture-refused']);
  expect(await told(orderId, 'payment-closed')).toEqual([{}]);
  expect(await told(orderId, 'capture-refused')).toEqual([{ reason: 'closed' }]);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({ voided: amount.amount }) }]);
});

test('a close after the capture pays the whole amount back, once, however often it is asked for', async () => {
  const orderId = randomUUID();
  const [one, two] = [await replica(), await replica()];
  await one.payments.handle([authorise(orderId)]);
  await settled();
  await one.payments.handle([capture(orderId)]);
  await settled();
  await Promise.all([one, two, one].map(({ payments }) => payments.handle([close(orderId)])));
  await two.payments.handle([close(orderId), capture(orderId)]);
  await settled();
  const closed = await told(orderId, 'payment-closed');
  expect(closed.length).toBeGreaterThanOrEqual(4);
  expect(closed).toEqual(closed.map(() => ({ refunded: amount })));
  expect(await told(orderId, 'capture-refused')).toEqual([{ reason: 'closed' }]);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({ captured: amount.amount, refunded: amount.amount }) }]);
});

test.each([
  ['was declined', 'tok_decline'],
  ['was never made', undefined],
])('a close of a payment that %s ends it without a refund, and refuses a late authorise', async (_, token) => {
  const orderId = randomUUID();
  const { payments } = await replica();
  if (token) await payments.handle([authorise(orderId, token)]);
  await settled();
  await payments.handle([close(orderId)]);
  await settled();
  expect(await told(orderId, 'payment-closed')).toEqual([{}]);
  await payments.handle([authorise(orderId)]);
  await settled();
  expect((await replies(orderId)).at(-1)).toBe('payment-refused');
  expect(await ledger(orderId)).toEqual([]);
});

test('close and capture that race over two replicas leave no money taken, and both are answered', async () => {
  const [one, two] = [await replica(), await replica()];
  const orders = Array.from({ length: 60 }, () => randomUUID());
  await one.payments.handle(orders.map((orderId) => authorise(orderId)));
  await settled();
  await Promise.all(
    orders.flatMap((orderId, index) => {
      const calls = [() => one.payments.handle([capture(orderId)]), () => two.payments.handle([close(orderId)])];
      return (index % 2 ? calls : calls.reverse()).map((call) => call());
    }),
  );
  await settled();
  for (const orderId of orders) {
    const [payment] = (await ledger(orderId)) as ReturnType<typeof money>[];
    expect([payment!.captured - payment!.refunded, payment!.captured + payment!.voided]).toEqual([0, amount.amount]);
    const [closed] = await told(orderId, 'payment-closed');
    expect(closed).toEqual(payment!.captured > 0 ? { refunded: amount } : {});
    // A call that outlasted the patience of its batch may be answered twice, but not in two ways.
    expect(new Set((await replies(orderId)).filter((name) => /captur/.test(name))).size).toBe(1);
  }
});

test('a close ends a capture that never works: the money is free, and the capture is answered at last', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId, 'tok_capture_never')]);
  await settled();
  await payments.handle([capture(orderId)]);
  expect(await unresolved()).toMatchObject([{ command: 'capture-payment' }]);
  await payments.handle([close(orderId)]);
  await settled();
  expect(await replies(orderId)).toEqual(['payment-authorised', 'payment-closed', 'capture-refused']);
  expect(await told(orderId, 'capture-refused')).toEqual([{ reason: 'closed' }]);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({ voided: amount.amount }) }]);
});

test('closes asked for while the provider is down are pursued until it is back, by another replica if need be', async () => {
  const [held, taken] = [randomUUID(), randomUUID()];
  const dead = await replica({ resolving: false });
  await dead.payments.handle([authorise(held), authorise(taken)]);
  await dead.payments.handle([capture(taken)]);
  await rig.simulators.kill();
  await dead.payments.handle([close(held), close(taken)]);
  expect(await unresolved()).toHaveLength(2);
  expect((await rig.pool.query('SELECT DISTINCT state FROM payments')).rows).toEqual([{ state: 'closing' }]);
  await rig.restartProvider();
  await replica();
  await settled();
  expect(await told(held, 'payment-closed')).toEqual([{}]);
  expect(await told(taken, 'payment-closed')).toEqual([{ refunded: amount }]);
});
