import { createHmac } from 'node:crypto';
import { newOrderId, slotOf } from '@ringshop/placement';
import { KeyRing, type Role, signPrincipal } from '@ringshop/service-defaults';
import { type Route, routesOf } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBody, aCustomer, as, get, place, type Replica, type TestShard, testShard } from '../shard.kit.ts';
import type { Order } from './order.ts';

/** What takes nobody's word: probes, numbers, and the map that gateways learn. None of it is about a customer. */
const open = ['GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /placement'];
/** Whatever is not under the orders of whoever asks. */
const forOperators = ({ path }: Route) => !/^\/orders(\/|$)/.test(path);

let shard: TestShard;
let replica: Replica;
let routes: Route[];
let order: Order;
const [ada, bob] = [aCustomer(), aCustomer()];
const key = 'key of Ada';

beforeAll(async () => {
  shard = await testShard();
  replica = await shard.replica();
  const all = routesOf(replica.app.getHttpAdapter().getInstance());
  routes = all.filter(({ method, path }) => !open.includes(`${method} ${path}`));
  order = (await (await place(replica, { customer: ada, key })).json()) as Order;
});
afterAll(() => shard.stop());

const ofOneOrder = () => routes.filter((route) => route.path.includes(':orderId') && !forOperators(route));

async function ask({ method, path }: Route, headers: object, orderId = order.orderId) {
  const samples: Record<string, string> = { ':orderId': orderId, ':customerId': ada };
  const url = path.replaceAll(/:\w+/g, (name) => samples[name] ?? expect.fail(`no sample for ${name} of ${path}`));
  const body = method === 'POST' && path === '/orders' ? JSON.stringify(aBody()) : undefined;
  const response = await fetch(replica.url + url, {
    method,
    headers: { 'idempotency-key': key, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** Everything that a request could have written. */
async function everything(): Promise<string> {
  const tables = ['orders', 'sagas', 'outbox', 'idempotency_keys', 'operator_actions', 'customer_keys'];
  const rows = tables.map(async (table) => (await shard.database.pool.query(`SELECT * FROM ${table}`)).rows);
  return JSON.stringify(await Promise.all(rows));
}

describe("54: somebody else's order", () => {
  it('is 404 on every route, in the words of one that does not exist, and nothing is written', async () => {
    expect(ofOneOrder().map(({ path }) => path)).toContain('/orders/:orderId/events');
    const nowhere = newOrderId(slotOf(ada));
    expect((await ask({ method: 'GET', path: '/orders/:orderId' }, as(ada))).status).toBe(200);
    const before = await everything();
    for (const route of ofOneOrder()) {
      for (const role of ['customer', 'operator'] as const) {
        const foreign = await ask(route, as(bob, role));
        expect([route, foreign.status]).toEqual([route, 404]);
        expect(foreign).toEqual(await ask(route, as(ada), nowhere));
        expect(foreign.text).not.toContain(ada);
      }
    }
    expect(await everything()).toBe(before);
  });

  it('is in nobody else’s list, and its key places another order', async () => {
    expect(await (await get(replica, '/orders?limit=100', bob)).json()).toEqual({ items: [] });
    const placed = await place(replica, { customer: bob, key });
    expect(placed.status).toBe(202);
    const other = (await placed.json()) as Order;
    expect(other).toMatchObject({ customerId: bob });
    expect(other.orderId).not.toBe(order.orderId);
    const { items } = (await (await get(replica, '/orders?limit=100', ada)).json()) as { items: Order[] };
    expect(items.map(({ orderId }) => orderId)).toEqual([order.orderId]);
  });
});

describe('a shard that is asked directly', () => {
  const signed = (ring: KeyRing, role: Role = 'operator') => ({
    'x-principal': signPrincipal(ring, { subject: ada, role }),
  });
  const ringOf = (name: string, byte: number) => KeyRing.parse(`${name}:${Buffer.alloc(32, byte).toString('base64')}`);
  const unsigned = `test.operator.${ada}.${Date.now() + 60_000}`;

  it.each<[string, object]>([
    ['nothing', {}],
    ['bare headers', { 'x-customer-id': ada, 'x-operator-id': ada, 'x-user-id': ada }],
    ['a bare subject', { 'x-principal': ada }],
    ['no signature', { 'x-principal': `${unsigned}.` }],
    [
      'a plain digest',
      { 'x-principal': `${unsigned}.${createHmac('sha256', '').update(unsigned).digest('base64url')}` },
    ],
    ['another key of the same name', signed(ringOf('test', 8))],
    ['a key that is not in the ring', signed(ringOf('other', 7))],
    ['an altered subject', { 'x-principal': as(bob)['x-principal']!.replace(bob, ada) }],
    ['an altered role', { 'x-principal': as(ada)['x-principal']!.replace('customer', 'operator') }],
    [
      'what has expired',
      { 'x-principal': signPrincipal(ringOf('test', 7), { subject: ada, role: 'operator' }, Date.now() - 91_000) },
    ],
    ['a token', { authorization: `Bearer ${Buffer.from('{}').toString('base64url')}.e30.AA` }],
  ])('with %s answers 401 on every route, and nothing is written', async (_what, headers) => {
    const before = await everything();
    for (const route of routes) expect([route, (await ask(route, headers)).status]).toEqual([route, 401]);
    expect(await everything()).toBe(before);
  });

  it("does for a customer nothing that is an operator's", async () => {
    const before = await everything();
    const those = routes.filter(forOperators);
    expect(those.map(({ path }) => path)).toContain('/sagas/:orderId/resume');
    for (const route of those) expect([route, (await ask(route, as(ada))).status]).toEqual([route, 403]);
    expect(await everything()).toBe(before);
  });
});
