import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer, Placing } from './customer.ts';
import { operatorCommand } from './operator-command.ts';
import { Shop } from './shop.ts';
import { saysComeBack } from './shoppers.ts';

const full = process.env.RINGSHOP_TEST_SIZE === 'full';
/** Orders that are cancelled at a random moment, or not; 10,000 once for the record. */
const orders = Number(process.env.RINGSHOP_CANCEL_ORDERS ?? (full ? 2_000 : 200));
/** From an order's answer to its cancellation: from before its stock is reserved until after everything is over. */
const withinMs = 800;
const quick = { KAFKA_SESSION_TIMEOUT_MS: '1500' };
const hasty = { RETRY_MAX_MS: '500', PARK_AFTER_MS: '1000', RETRY_PARKED_MS: '500' };

let shop: Shop;
let customer: Customer;
let stuck: string;

beforeAll(async () => {
  shop = await Shop.open({ env: { order: { ...quick, ...hasty }, inventory: quick, payment: quick } });
  customer = await shop.customer();
  // Until it is needed, it has been asked for in vain for long enough.
  stuck = (await customer.place({ token: 'tok_capture_never' })).body.orderId;
});
afterAll(() => shop?.close());

interface Story {
  orderId: string;
  /** Of the cancellation: `nothing` when there was none, `refused`, or the status of the order that accepted it first. */
  told: string;
}

interface Ledger {
  payments: { orderId: string; authorised: number; captured: number; voided: number }[];
}

/** Asks until there is an answer, as a customer would whose shop is down for a moment. */
async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    const later = answer && saysComeBack(answer) && answer.body.code !== 'not-cancellable';
    if (answer && !later) return answer;
    await pause(50);
  }
}

const get = async (orderId: string, path = '') =>
  (await answered(() => customer.get(`/v1/orders/${orderId}${path}`))).body;
const ended = (orderId: string, status: string) =>
  eventually(async () => (await get(orderId)).status === status, {
    within: 30_000,
    what: `${orderId} to be ${status}`,
  });

function anyOrder(n: number): Placing {
  const lines = [{ sku: `SKU-${String(1 + (n % 40)).padStart(4, '0')}`, quantity: 1 + (n % 3) }];
  if (n % 13 === 0) return { lines, token: 'tok_decline' };
  if (n % 17 === 0) return { lines: [...lines, { sku: 'SKU-0911', quantity: 1 }] };
  if (n % 11 === 0) return { lines, token: 'tok_capture_fails_10' };
  return { lines };
}

/** Places an order, and may cancel it after a while, perhaps in two windows at once and once more later. */
async function shopAndRegret(n: number): Promise<Story> {
  // Some wait for their order to be over before they regret it, so that both kinds are there however fast the machine is.
  const order = { ...anyOrder(n), key: randomUUID(), wait: n % 4 === 1 ? 10 : 0 };
  const { orderId } = (await answered(() => customer.place(order))).body;
  if (n % 4 === 0) return { orderId, told: 'nothing' };
  const cancel = () => {
    const key = randomUUID();
    return answered(() => customer.cancel(orderId, key));
  };
  await pause(Math.random() * withinMs);
  const answers = await Promise.all(n % 3 === 0 ? [cancel(), cancel()] : [cancel()]);
  if (n % 5 === 0) answers.push(await cancel());
  if (answers.every(({ body }) => body.code === 'not-cancellable')) return { orderId, told: 'refused' };
  const statuses = answers.map(({ status, body }) => (status === 202 ? (body.status as string) : `${status}`));
  // The first of them decided; the others may be told what it has brought about since.
  const first = ['pending', 'cancelling', 'cancelled'].find((status) => statuses.includes(status));
  if (!first || !statuses.every((status) => told.has(status))) throw new Error(`unexpected answers: ${statuses}`);
  return { orderId, told: first };
}

/** What the customer was told of the cancellation → how the order may stand in the end: status, reason, version. */
const told = new Map([
  ['nothing', /^(confirmed - 2|rejected (payment-declined|out-of-stock|timed-out) 2)$/],
  ['refused', /^rejected (payment-declined|out-of-stock|timed-out) 2$/],
  // Never confirmed: one change of its status, and not three.
  ['pending', /^cancelled customer 2$/],
  ['cancelling', /^cancelled customer 4$/],
  // The first answer was lost with the replica that was killed.
  ['cancelled', /^cancelled customer [24]$/],
]);

describe('a cancellation', () => {
  it(
    'acceptance 9: at a random moment wins or is refused as a whole, whoever is killed, and money and stock agree',
    async () => {
      const stories: Story[] = [];
      let next = 0;
      const shopper = async () => {
        for (let n = next++; n < orders; n = next++) stories.push(await shopAndRegret(n));
      };
      const shoppers = Promise.all(Array.from({ length: 16 }, shopper));
      for (const [at, part] of [
        [0.3, 'order-1'],
        [0.6, 'payment-1'],
      ] as const) {
        await eventually(() => next > orders * at, { within: orders * 1_000, what: 'orders to be under way' });
        await shop.restart(part);
      }
      await shoppers;
      await shop.adds();
      for (const { orderId, told: was } of stories) {
        const { status, reason = '-', version } = await get(orderId);
        expect(`${status} ${reason} ${version}`, `an order whose customer was told ${was}`).toMatch(told.get(was)!);
      }
      const counts = Object.groupBy(stories, (story) => story.told);
      for (const was of ['nothing', 'refused', 'pending', 'cancelling']) expect(counts).toHaveProperty(was);
      expect(new Set(stories.map(({ orderId }) => orderId)).size).toBe(orders);
    },
    120_000 + orders * 1_000,
  );

  it('of an order whose capture never works, and is parked, frees the money', async () => {
    const parked = async () =>
      (await operatorCommand(shop, 'sagas', ['list', '--needs-attention'])).out.includes(stuck);
    await eventually(parked, { within: 20_000, every: 500, what: 'the order to be parked' });
    expect((await customer.cancel(stuck)).body.status).toBe('cancelling');
    await ended(stuck, 'cancelled');
    await eventually(async () => !(await parked()), { every: 500, what: 'its saga to be over' });
    const { payments } = (await (await fetch(`${shop.urlOf('simulators')}/payments/ledger`)).json()) as Ledger;
    const { authorised, voided, captured } = payments.find((payment) => payment.orderId === stuck)!;
    expect([captured, voided]).toEqual([0, authorised]);
  });

  it('while payment and inventory are down ends when they are back', async () => {
    const confirmed = (await customer.place()).body.orderId as string;
    const down = ['payment-1', 'inventory-1'];
    await Promise.all(down.map((part) => shop.system.stopPart(part, { kill: true })));
    const pending = (await customer.place({ wait: 0 })).body.orderId as string;
    expect((await customer.cancel(confirmed)).body.status).toBe('cancelling');
    expect((await customer.cancel(pending)).body.status).toBe('pending');
    await Promise.all(down.map((part) => shop.system.startPart(part)));
    await ended(confirmed, 'cancelled');
    await ended(pending, 'cancelled');
    await shop.adds();
  });
});
