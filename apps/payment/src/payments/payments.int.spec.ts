import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seal } from '@ringshop/service-defaults';
import { eventually, pause, resume } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  amount,
  authorise,
  capture,
  incoming,
  keys,
  money,
  PaymentsRig,
  patient,
  voidPayment,
} from './payments.kit.ts';

const rig = new PaymentsRig();
const { replica, replies, ledger, unresolved } = rig;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

beforeAll(rig.open);
afterAll(rig.close);
beforeEach(rig.begin);
afterEach(rig.end);

test.each([
  ['tok_approve.x7', 'payment-authorised', 1],
  ['tok_decline', 'payment-declined', 0],
  ['tok_insufficient_funds', 'payment-declined', 0],
  ['tok_timeout_charged', 'payment-authorised', 1],
  ['tok_timeout_uncharged', 'payment-authorised', 1],
  ['tok_slow', 'payment-authorised', 1],
  ['tok_flaky', 'payment-authorised', 1],
])('%s ends with %s, and %i authorisation at the provider', async (token, reply, authorisations) => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId, token)]);
  await eventually(async () => expect(await replies(orderId)).toEqual([reply]));
  expect(await ledger(orderId)).toHaveLength(authorisations);
  expect(await unresolved()).toEqual([]);
});

test('tok_capture_fails_10 is captured once in the end, tok_capture_never stays unresolved without a reply', async () => {
  const [ten, never] = [randomUUID(), randomUUID()];
  const { payments } = await replica();
  await payments.handle([authorise(ten, 'tok_capture_fails_10'), authorise(never, 'tok_capture_never')]);
  await payments.handle([capture(ten), capture(never)]);
  await eventually(async () => expect(await replies(ten)).toEqual(['payment-authorised', 'payment-captured']));
  expect(await ledger(ten)).toEqual([{ orderId: ten, ...money({ captured: 1_250 }) }]);
  expect(await replies(never)).toEqual(['payment-authorised']);
  expect(await unresolved()).toMatchObject([{ order_id: never, command: 'capture-payment' }]);
});

test('repeated commands, in a batch and across batches and replicas, repeat the reply and move money once', async () => {
  const orderId = randomUUID();
  const [one, two] = [await replica(), await replica()];
  await one.payments.handle([authorise(orderId), authorise(orderId)]);
  await Promise.all([one.payments.handle([authorise(orderId)]), two.payments.handle([authorise(orderId)])]);
  await Promise.all([one, two, one].map(({ payments }) => payments.handle([authorise(orderId), capture(orderId)])));
  const names = await replies(orderId);
  expect(new Set(names)).toEqual(new Set(['payment-authorised', 'payment-captured']));
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({ captured: 1_250 }) }]);
});

test('a slow call holds up neither its batch nor the next one', async () => {
  const { payments } = await replica();
  const slow = ['tok_slow', 'tok_timeout_charged', 'tok_timeout_uncharged'].map((token) =>
    authorise(randomUUID(), token),
  );
  const neighbours = Array.from({ length: 20 }, () => randomUUID());
  const began = performance.now();
  await payments.handle([...slow, ...neighbours.map((orderId) => authorise(orderId))]);
  await payments.handle([authorise(randomUUID())]);
  expect(performance.now() - began).toBeLessThan(1_000);
  for (const orderId of neighbours) expect(await replies(orderId)).toEqual(['payment-authorised']);
});

test('a provider that hangs with every slot taken costs its commands nothing but time', async () => {
  const { payments } = await replica({ concurrency: 2 });
  const orders = Array.from({ length: 12 }, () => randomUUID());
  pause(rig.simulators);
  await payments.handle(orders.map((orderId) => authorise(orderId))).finally(() => resume(rig.simulators));
  await eventually(async () => expect(await unresolved()).toEqual([]));
  for (const orderId of orders) {
    expect(new Set(await replies(orderId))).toEqual(new Set(['payment-authorised']));
    expect(await ledger(orderId)).toEqual([{ orderId, ...money({}) }]);
  }
});

test('50: an authorise that expires while it waits for its turn is neither made nor replied to', async () => {
  const { payments } = await replica({ concurrency: 1, resolving: false });
  const [first, second] = [randomUUID(), randomUUID()];
  pause(rig.simulators);
  const handled = payments.handle([authorise(first), authorise(second, 'tok_approve', inMs(100))]);
  await sleep(150);
  resume(rig.simulators);
  await handled;
  expect(await replies(second)).toEqual([]);
  expect(await rig.calls(second)).toEqual([]);
});

test('with the provider down nothing fails: commands are kept and settled once it is back, also after its kill -9', async () => {
  const [orderId, voided, captured] = [randomUUID(), randomUUID(), randomUUID()];
  const { payments } = await replica();
  await payments.handle([authorise(voided), authorise(captured)]);
  await rig.simulators.kill();
  await payments.handle([authorise(orderId), voidPayment(voided), capture(captured)]);
  expect(await unresolved()).toHaveLength(3);
  await rig.restartProvider();
  await eventually(async () => expect(await unresolved()).toEqual([]));
  expect(await replies(orderId)).toEqual(['payment-authorised']);
  expect(await replies(voided)).toEqual(['payment-authorised', 'payment-voided']);
  expect(await ledger(voided)).toEqual([{ orderId: voided, ...money({ voided: 1_250 }) }]);
  expect(await ledger(captured)).toEqual([{ orderId: captured, ...money({ captured: 1_250 }) }]);
});

test('a void before its authorise leaves a tombstone that refuses the late one', async () => {
  const orderId = randomUUID();
  const { payments } = await replica(patient);
  await payments.handle([voidPayment(orderId)]);
  await payments.handle([authorise(orderId)]);
  await payments.handle([voidPayment(orderId), authorise(orderId)]);
  expect(await replies(orderId)).toEqual(['payment-voided', 'payment-refused', 'payment-voided', 'payment-refused']);
  expect(await ledger(orderId)).toEqual([]);
});

test.each(['tok_slow', 'tok_timeout_charged', 'tok_timeout_uncharged'])(
  'a void while the authorise of %s is unresolved leaves no authorisation behind',
  async (token) => {
    const orderId = randomUUID();
    const { payments } = await replica();
    await payments.handle([authorise(orderId, token)]);
    await payments.handle([voidPayment(orderId)]);
    expect(await replies(orderId)).toEqual(['payment-voided']);
    await eventually(async () => expect(await unresolved()).toEqual([]));
    expect(await replies(orderId)).toEqual(['payment-voided', 'payment-refused']);
    const held = token === 'tok_timeout_charged' ? [{ orderId, ...money({ voided: 1_250 }) }] : [];
    // Longer than the slow call: it must find its tombstone.
    if (token === 'tok_slow') await new Promise((resolve) => setTimeout(resolve, 5_500));
    expect(await ledger(orderId)).toEqual(held);
  },
);

test('authorise and void that race over two replicas end voided, whoever comes first', async () => {
  const [one, two] = [await replica(), await replica()];
  const orders = Array.from({ length: 100 }, () => randomUUID());
  await Promise.all(
    orders.flatMap((orderId, index) => {
      const calls = [
        () => one.payments.handle([authorise(orderId)]),
        () => two.payments.handle([voidPayment(orderId)]),
      ];
      return (index % 2 ? calls : calls.reverse()).map((call) => call());
    }),
  );
  // A call that outlasted the patience of its batch is finished by the resolver.
  await eventually(async () => expect(await unresolved()).toEqual([]));
  const { rows } = await rig.pool.query('SELECT DISTINCT state FROM payments');
  expect(rows).toEqual([{ state: 'voided' }]);
  for (const orderId of orders) {
    const [payment] = await ledger(orderId);
    if (payment) expect(payment).toMatchObject(money({ voided: 1_250 }));
  }
});

test('after a transaction that failed the batch comes again: one authorisation, one reply', async () => {
  const orderId = randomUUID();
  const { payments } = await replica(patient);
  await rig.pool.query('ALTER TABLE outbox RENAME TO hidden');
  await expect(payments.handle([authorise(orderId)])).rejects.toThrow(/outbox/);
  await rig.pool.query('ALTER TABLE hidden RENAME TO outbox');
  expect((await rig.pool.query('SELECT 1 FROM payments')).rows).toEqual([]);
  await payments.handle([authorise(orderId)]);
  expect(await replies(orderId)).toEqual(['payment-authorised']);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({}) }]);
});

test('what a replica left unresolved when it died is settled by another one', async () => {
  const orderId = randomUUID();
  const dead = await replica({ resolving: false });
  await dead.payments.handle([authorise(orderId, 'tok_timeout_charged')]);
  expect(await replies(orderId)).toEqual([]);
  await replica();
  await eventually(async () => expect(await replies(orderId)).toEqual(['payment-authorised']));
});

test('an authorise whose sender has given up is not made; what became of one that was is looked up, and told', async () => {
  const [late, given] = [randomUUID(), randomUUID()];
  const { payments } = await replica();
  await payments.handle([authorise(late, 'tok_approve', inMs(-1))]);
  expect(await replies(late)).toEqual([]);
  expect(await ledger(late)).toEqual([]);
  await payments.handle([authorise(given, 'tok_timeout_charged', inMs(300))]);
  await eventually(async () => expect(await unresolved()).toEqual([]));
  expect(await replies(given)).toEqual(['payment-authorised']);
  // Its sender hears that too late, and voids it.
  await payments.handle([voidPayment(given)]);
  expect(await replies(given)).toEqual(['payment-authorised', 'payment-voided']);
  expect(await ledger(given)).toEqual([{ orderId: given, ...money({ voided: 1_250 }) }]);
});

test('an authorise whose sender has given up and that was never made stays unresolved, unmade, until it is voided', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  await payments.handle([authorise(orderId, 'tok_timeout_uncharged', inMs(300))]);
  const lookUps = async () => (await rig.calls(orderId)).filter(({ verb }) => verb === 'look-up').length;
  await eventually(async () => (await lookUps()) >= 3);
  expect(await unresolved()).toMatchObject([{ order_id: orderId, command: 'authorise-payment' }]);
  await payments.handle([voidPayment(orderId)]);
  await eventually(async () => expect(await unresolved()).toEqual([]));
  expect(await replies(orderId)).toEqual(['payment-voided', 'payment-refused']);
  expect(await ledger(orderId)).toEqual([]);
  expect((await rig.calls(orderId)).filter(({ verb }) => verb === 'authorise')).toHaveLength(1);
});

test('an authorisation that was replied to is not voided by whoever still pursues an earlier delivery of its command', async () => {
  const orderId = randomUUID();
  const { payments } = await replica({ resolving: false });
  const command = authorise(orderId, 'tok_flaky', inMs(1_000));
  for (const _ of ['no answer, kept', 'no answer, kept', 'authorised']) await payments.handle([command]);
  expect(await replies(orderId)).toEqual(['payment-authorised']);
  expect(await unresolved()).toHaveLength(1);
  await sleep(Date.parse(command.event.expiresat!) - Date.now());
  await replica();
  await eventually(async () => expect(await unresolved()).toEqual([]));
  await payments.handle([capture(orderId)]);
  expect(await replies(orderId)).toEqual(['payment-authorised', 'payment-authorised', 'payment-captured']);
  expect(await ledger(orderId)).toEqual([{ orderId, ...money({ captured: 1_250 }) }]);
});

test('a token sealed for another order is refused before any neighbour is charged, and is stored nowhere', async () => {
  const [orderId, neighbour] = [randomUUID(), randomUUID()];
  const { payments } = await replica();
  const stolen = incoming('authorise-payment', orderId, { amount, token: seal(keys, 'tok_approve', neighbour) });
  await expect(payments.handle([authorise(neighbour), stolen])).rejects.toThrow('does not open');
  expect(await ledger(neighbour)).toEqual([]);
  await payments.handle([authorise(neighbour, 'tok_timeout_charged.geheim')]);
  expect(JSON.stringify(await unresolved())).toContain('token');
  expect(JSON.stringify(await unresolved())).not.toContain('geheim');
});

test('a capture of what was voided is refused; a void after the capture is a mistake', async () => {
  const [voided, captured] = [randomUUID(), randomUUID()];
  const { payments } = await replica(patient);
  await payments.handle([authorise(voided), authorise(captured)]);
  await payments.handle([voidPayment(voided), capture(captured)]);
  await payments.handle([capture(voided)]);
  expect(await replies(voided)).toEqual(['payment-authorised', 'payment-voided', 'capture-refused']);
  await expect(payments.handle([voidPayment(captured)])).rejects.toThrow('after its capture');
});
