import { randomUUID } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import {
  aCustomer,
  as,
  get,
  incoming,
  place,
  published,
  type Replica,
  type TestShard,
  testShard,
} from '../shard.kit.ts';
import type { Resumed } from './order-sagas.ts';

let shard: TestShard;
let replica: Replica;

// Not before the pivot: the sweep that runs when a replica starts must not give the order up.
const patient = { RESERVE_DEADLINE_MS: '60000', AUTHORISE_DEADLINE_MS: '60000' };
const impatient = { ...patient, STEP_DEADLINE_MS: '1', RETRY_MIN_MS: '1', RETRY_MAX_MS: '1', PARK_AFTER_MS: '1' };

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica({ ...impatient, RETRY_PARKED_MS: '600000', PARKED_COUNT_MS: '20' });
});
afterAll(() => shard.stop());

const customer = aCustomer();
const operator = randomUUID();
const resume = (orderId: string, headers: object = as(operator, 'operator')) =>
  fetch(`${replica.url}/sagas/${orderId}/resume`, { method: 'POST', headers: { ...headers } });
const sagaOf = async (orderId: string) =>
  (await shard.database.pool.query('SELECT * FROM sagas WHERE saga_id = $1', [orderId])).rows[0];
const actions = async (orderId: string) =>
  (await shard.database.pool.query('SELECT who, what, detail FROM operator_actions WHERE order_id = $1', [orderId]))
    .rows;

/** Confirmed, and nobody answers to its commit. */
async function parked(): Promise<string> {
  const { orderId } = (await (await place(replica, { customer })).json()) as Order;
  await replica.shard.sagas.handleReplies([
    incoming(orderId, 'stock-reserved'),
    incoming(orderId, 'payment-authorised'),
  ]);
  await eventually(
    async () => {
      await replica.shard.sagas.sweepDeadlines();
      return (await sagaOf(orderId)).attention_since !== null;
    },
    { what: 'the saga to be parked' },
  );
  return orderId;
}

describe('a saga that is asked for too long', () => {
  it('is counted and noted, and turns nothing red', async () => {
    await parked();
    const noted = async () => (await (await fetch(`${replica.url}/health/ready`)).text()).includes('needs-attention');
    await eventually(noted, { what: 'a note' });
    expect(replica.health.ready().map(({ part }) => part)).not.toContain('sagas');
    const metrics = await (await fetch(`${replica.url}/metrics`)).text();
    expect(metrics).toMatch(/^ringshop_sagas_parked [1-9]/m);
  });

  it('is asked again at once when an operator resumes it, once, and on record', async () => {
    const orderId = await parked();
    const asked = async () => (await published(shard, orderId)).filter((name) => name === 'commit-stock').length;
    const before = await asked();
    const response = await resume(orderId);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ orderId, resumed: ['place-order'], notResumed: [] });
    expect(await (await resume(orderId)).json()).toEqual({ orderId, resumed: [], notResumed: [] });
    expect(await asked()).toBe(before + 1);
    expect(await sagaOf(orderId)).toMatchObject({ attention_since: null, attempts: 1, step: 'commit stock' });
    expect(await actions(orderId)).toEqual([{ who: operator, what: 'resume', detail: 'place-order: commit stock' }]);
    await replica.shard.sagas.handleReplies([incoming(orderId, 'stock-committed')]);
    const timeline = await (await get(replica, `/orders/${orderId}/timeline`, customer)).text();
    expect(timeline).toContain('"what":"resumed","detail":""');
  });

  it('of a version that nobody here knows is not resumed, and says why', async () => {
    const orderId = await parked();
    await shard.database.pool.query('UPDATE sagas SET version = 9 WHERE saga_id = $1', [orderId]);
    const { resumed, notResumed } = (await (await resume(orderId)).json()) as Resumed;
    expect(resumed).toEqual([]);
    expect(notResumed).toMatchObject([{ name: 'place-order', why: expect.stringContaining('version 9') }]);
  });

  it('is not resumed without an operator, or where there is none', async () => {
    const orderId = await parked();
    expect((await resume(orderId, {})).status).toBe(401);
    expect((await resume(orderId, as(customer))).status).toBe(403);
    expect((await resume(orderId.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(404);
    expect((await resume('no-id')).status).toBe(404);
    expect(await actions(orderId)).toEqual([]);
  });
});
