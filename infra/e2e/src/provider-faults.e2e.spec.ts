import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Customer } from './customer.ts';
import { Shop } from './shop.ts';

/** Orders of each kind, and faults of the whole provider of each kind. */
const many = process.env.RINGSHOP_TEST_SIZE === 'full' ? 20 : 2;

/** How an order with this token ends. */
const ends: Record<string, string> = {
  tok_approve: 'confirmed',
  tok_decline: 'rejected payment-declined',
  tok_insufficient_funds: 'rejected payment-declined',
  tok_timeout_charged: 'confirmed',
  tok_timeout_uncharged: 'confirmed',
  tok_slow: 'confirmed',
  tok_flaky: 'confirmed',
  tok_capture_fails_10: 'confirmed',
  tok_capture_never: 'confirmed',
  tok_500: 'confirmed',
  tok_429: 'confirmed',
  tok_hang: 'confirmed',
  tok_reset_charged: 'confirmed',
  tok_reset_uncharged: 'confirmed',
  tok_answers_twice: 'confirmed',
};
const faultKinds = 'http500 http500Done http503 http429 hang hangDone reset resetDone halfAnswer twice'.split(' ');

interface Payment {
  orderId: string;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
}

describe('a payment provider that goes wrong in every way it can', () => {
  let shop: Shop;
  let customer: Customer;
  const placed: { orderId: string; token: string }[] = [];

  beforeAll(async () => {
    // Of the provider's troubles none may end an order here: time is all that they cost.
    const patient = { RESERVE_DEADLINE_MS: '30000', AUTHORISE_DEADLINE_MS: '30000' };
    const insistent = { STEP_DEADLINE_MS: '2000', RETRY_MAX_MS: '500', PARK_AFTER_MS: '1000', RETRY_PARKED_MS: '1000' };
    shop = await Shop.open({
      env: { order: { ...patient, ...insistent }, payment: { PROVIDER_TIMEOUT_MS: '800', RETRY_MAX_MS: '500' } },
    });
    customer = await shop.customer();
  });
  afterAll(() => shop?.close());

  async function simulator<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(`${shop.urlOf('simulators')}${path}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  }
  const setFaults = (faults: object) =>
    simulator('/faults', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
  const eachFault = (count: number) => Object.fromEntries(faultKinds.map((fault) => [fault, count]));
  const books = async () =>
    new Map(
      (await simulator<{ payments: Payment[] }>('/payments/ledger')).payments.map((payment) => [
        payment.orderId,
        payment,
      ]),
    );
  const withToken = (token: string) => placed.filter((order) => order.token === token).map(({ orderId }) => orderId);

  /** The status of an order with its reason, once it is this. */
  async function ended(orderId: string, expected: string): Promise<void> {
    const inWords = async () => {
      const { status, reason } = (await customer.get(`/v1/orders/${orderId}`)).body;
      return reason ? `${status} ${reason}` : status;
    };
    await eventually(async () => expect(await inWords()).toBe(expected), { within: 40_000, every: 100 });
  }

  it('every token ends its order as the contract says, whatever else happens to the calls meanwhile', async () => {
    await setFaults({ ...eachFault(many), latencyMs: 10 });
    const tokens = Object.keys(ends).flatMap((token) => Array.from({ length: many }, (_, n) => `${token}.x${n}`));
    for (const { orderId, token } of await Promise.all(
      tokens.map(async (token) => ({ token, orderId: (await customer.place({ token, wait: 0 })).body.orderId })),
    )) {
      placed.push({ orderId, token: token.split('.')[0]! });
    }
    for (const { orderId, token } of placed) await ended(orderId, ends[token]!);
  });

  it('a cancelled order is paid back, or was never charged, while voids and refunds go wrong', async () => {
    const [paid] = withToken('tok_approve') as [string];
    const [never] = withToken('tok_capture_never') as [string];
    await eventually(async () => (await books()).get(paid)!.captured > 0, { within: 30_000 });
    for (const [only, orderId] of [
      ['void', never],
      ['refund', paid],
    ] as const) {
      await setFaults({ http500Done: 1, resetDone: 1, hang: 1, only });
      expect((await customer.cancel(orderId)).status).toBe(202);
      await ended(orderId, 'cancelled customer');
    }
    const after = await books();
    expect(after.get(paid)).toMatchObject({ voided: 0, refunded: after.get(paid)!.captured });
    expect(after.get(never)).toMatchObject({ captured: 0, voided: after.get(never)!.authorised });
  });

  it('an order that is cancelled while its payment is unknown leaves no money at the provider', async () => {
    await setFaults({ hangDone: 2, resetDone: 1 });
    const pending = await Promise.all(
      ['tok_slow', 'tok_timeout_charged', 'tok_reset_charged'].map(async (token) => {
        const { orderId } = (await customer.place({ token, wait: 0 })).body;
        expect((await customer.cancel(orderId)).status).toBe(202);
        return orderId as string;
      }),
    );
    for (const orderId of pending) await ended(orderId, 'cancelled customer');
  });

  it('and afterwards every fault has fired, nothing dangles, each payment had one key, and everything adds up', async () => {
    await setFaults({});
    await shop.adds();
    const { fired } = await simulator<{ fired: Record<string, number> }>('/faults');
    for (const fault of faultKinds) expect([fault, fired[fault] ?? 0]).not.toEqual([fault, 0]);
    const parked = new Set(withToken('tok_capture_never'));
    for (const { orderId, authorised, captured, voided, refunded } of (await books()).values()) {
      const dangling = authorised - captured - voided;
      if (!parked.has(orderId)) expect([orderId, dangling, captured === 0 ? refunded : 0]).toEqual([orderId, 0, 0]);
    }
    for (const { orderId } of placed) {
      const { calls } = await simulator<{ calls: { verb: string; key: string }[] }>(
        `/payments/calls?orderId=${orderId}`,
      );
      const keys = new Set(calls.filter(({ verb }) => verb === 'authorise').map(({ key }) => key));
      expect([...keys]).toEqual([orderId]);
    }
  });
});
