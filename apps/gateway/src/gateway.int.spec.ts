import { setTimeout as after } from 'node:timers/promises';
import { firstMap, newOrderId, slotOf } from '@ringshop/placement';
import { KeyRing, Principals, type Service } from '@ringshop/service-defaults';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Behave, identityProvider, internalKeys, json, Peer, type Received, startGateway } from './spec/peers.ts';

const map = firstMap(['order-1', 'order-2']);
let epoch = 1;
let owner = [...map.slots];
const orderId = newOrderId(0);

const principals = new Principals(KeyRing.parse(internalKeys));
/** Who asks, as a shard verifies it. */
const askedBy = ({ headers }: Received) => principals.of({ headers });

/** What a shard says: its map, 421 for a slot that it does not own, and otherwise an order. */
const shard =
  (name: string): Behave =>
  ({ method, path, headers }, response) => {
    if (path === '/placement') return json(response, 200, { epoch, members: map.members, slots: owner });
    if (owner[slotOf(principals.of({ headers }).subject)] !== name) {
      return json(response, 421, { code: 'misdirected', epoch });
    }
    if (method === 'POST')
      return json(response, 202, { shard: name }, { location: `/v1/orders/${orderId}`, 'x-inside': 'y' });
    json(response, 200, { shard: name });
  };

let peers: Record<string, Peer>;
let idp: Awaited<ReturnType<typeof identityProvider>>;
let gateway: Service;

beforeAll(async () => {
  idp = await identityProvider();
  peers = {
    'order-1': await new Peer(shard('order-1')).listen(),
    'order-2': await new Peer(shard('order-2')).listen(),
    inventory: await new Peer((_request, response) => json(response, 200, { sku: 'SKU-0001' })).listen(),
  };
  gateway = await startGateway({
    shards: { 'order-1': [peers['order-1']!.url], 'order-2': [peers['order-2']!.url] },
    inventory: peers.inventory!.url,
    jwks: `${idp.server.url}/jwks`,
    env: { UPSTREAM_TIMEOUT_MS: '500' },
  });
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [...Object.values(peers), idp.server]) await peer.close();
});
beforeEach(() => {
  owner = [...map.slots];
  epoch++;
  for (const peer of Object.values(peers)) peer.received.length = 0;
  for (const name of ['order-1', 'order-2']) peers[name]!.behave = shard(name);
});

const customerOf = (name: string): string => {
  for (;;) {
    const id = crypto.randomUUID();
    if (owner[slotOf(id)] === name) return id;
  }
};
const order = { lines: [{ sku: 'a', quantity: 1 }], payment: { token: 't' }, shipTo: { name: 'n', address: 'a' } };

async function call(path: string, customer: string, init: RequestInit = {}, base = gateway.url, claims = {}) {
  const headers = { authorization: `Bearer ${await idp.token(customer, claims)}`, ...init.headers };
  const response = await fetch(base + path, { ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : undefined };
}
const place = (customer: string, headers = {}, body: unknown = order) =>
  call('/v1/orders', customer, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key 1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('an order goes to the shard of its customer, under the verified id only', async () => {
  for (const name of ['order-1', 'order-2']) {
    const customer = customerOf(name);
    const forged = {
      'x-principal': 'forged',
      'x-customer-id': 'forged',
      'x-user-id': 'forged',
      'x-forwarded-for': '1.2.3.4',
    };
    const { status, headers, body } = await place(customer, forged);
    expect([status, headers.get('location'), body]).toEqual([202, `/v1/orders/${orderId}`, { shard: name }]);
    expect(headers.get('x-inside')).toBeNull();
    const [received] = peers[name]!.received;
    expect(received).toMatchObject({ method: 'POST', path: '/orders', body: JSON.stringify(order) });
    expect(askedBy(received!)).toMatchObject({ subject: customer, role: 'customer' });
    expect(received!.headers['idempotency-key']).toBe('key 1');
    expect(JSON.stringify(received)).not.toMatch(/forged|1\.2\.3\.4|authorization/);
  }
});

test('43: after a move the old owner answers 421, the map is learned anew once, and the order lands on the new owner', async () => {
  const customers = Array.from({ length: 20 }, () => customerOf('order-1'));
  owner = owner.map(() => 'order-2');
  epoch++;
  let asked = 0;
  for (const name of ['order-1', 'order-2']) {
    peers[name]!.behave = (request, response, raw) => {
      if (request.path === '/placement') asked++;
      shard(name)(request, response, raw);
    };
  }
  const answers = await Promise.all(customers.map((customer) => place(customer)));
  expect(answers.map(({ status, body }) => [status, body.shard])).toEqual(customers.map(() => [202, 'order-2']));
  expect(asked).toBe(1);
  peers['order-1']!.received.length = 0;
  expect((await place(customers[0]!)).status).toBe(202);
  expect(peers['order-1']!.received).toHaveLength(0);
  // And back, so that the gateway knows the first map again.
  owner = [...map.slots];
  epoch++;
  expect((await place(customerOf('order-1'))).body).toEqual({ shard: 'order-1' });
});

test('a slot that nobody owns, as in the middle of a move, is a 503 with Retry-After; never a 421', async () => {
  const customer = customerOf('order-1');
  peers['order-1']!.behave = ({ path }, response) => {
    if (path === '/placement') return json(response, 200, { epoch, members: map.members, slots: owner });
    json(response, 421, { code: 'misdirected', epoch: epoch + 5 });
  };
  const { status, headers, body } = await place(customer);
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'shard-unavailable', '1']);
  expect(peers['order-2']!.received).toHaveLength(0);
});

test('a shard that is down is a 503 for its customers only, and its keys go nowhere else', async () => {
  const { port } = peers['order-1']!;
  await peers['order-1']!.close();
  const { status, headers, body } = await place(customerOf('order-1'));
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'shard-unavailable', '1']);
  expect((await place(customerOf('order-2'))).status).toBe(202);
  expect(peers['order-2']!.received).toHaveLength(1);
  peers['order-1'] = await new Peer(shard('order-1')).listen(port);
  await expect.poll(async () => (await place(customerOf('order-1'))).status, { timeout: 3_000 }).toBe(202);
});

test('a shard that does not believe the gateway is away; the customer is not told that their token is bad', async () => {
  peers['order-1']!.behave = (_request, response) => json(response, 401, { code: 'unauthenticated' });
  const { status, headers, body } = await place(customerOf('order-1'));
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'shard-unavailable', '1']);
});

test('a shard that does not answer in time is a 504', async () => {
  peers['order-1']!.behave = () => undefined;
  const { status, body } = await place(customerOf('order-1'));
  expect([status, body.code]).toEqual([504, 'deadline-exceeded']);
});

test('50: what is left of the time travels with each request', async () => {
  expect((await place(customerOf('order-1'))).status).toBe(202);
  const left = Number(peers['order-1']!.received[0]!.headers['x-deadline-ms']);
  expect(left).toBeGreaterThan(300);
  expect(left).toBeLessThanOrEqual(500);
});

test('50: a client may give less time, waits no longer than that, and is told when it is over', async () => {
  const jwks = `${idp.server.url}/jwks`;
  const patient = await startGateway({
    shards: { 'order-1': [peers['order-1']!.url], 'order-2': [peers['order-2']!.url] },
    jwks,
  });
  const ask = (timeout: string, prefer = '') =>
    call(
      '/v1/orders',
      customerOf('order-1'),
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': 'k',
          'request-timeout': timeout,
          ...(prefer && { prefer }),
        },
        body: JSON.stringify(order),
      },
      patient.url,
    );
  expect((await ask('2.5', 'wait=10')).status).toBe(202);
  const { headers } = peers['order-1']!.received[0]!;
  expect(Number(headers['x-deadline-ms'])).toBeLessThanOrEqual(2_500);
  expect(headers.prefer).toBe('wait=2');
  await ask('2', 'wait=2');
  expect(peers['order-1']!.received.at(-1)!.headers.prefer, 'the answer is there before the client leaves').toBe(
    'wait=1',
  );
  for (const bad of ['0', '0.5', '-1', '5s', '1e3', '2, 2']) {
    expect((await ask(bad)).body).toMatchObject({ code: 'validation-failed', errors: [{ field: 'request-timeout' }] });
  }
  peers['order-1']!.behave = () => undefined;
  const began = performance.now();
  const { status, body } = await ask('1.5', 'wait=1');
  expect([status, body.code]).toEqual([504, 'deadline-exceeded']);
  expect(performance.now() - began, 'a wait is no time on top').toBeLessThan(2_400);
  await patient.stop();
});

test('a client that leaves before its order was placed ends the request at the shard', async () => {
  let closed = false;
  peers['order-1']!.behave = (_request, response) => void response.once('close', () => (closed = true));
  const leave = new AbortController();
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(order),
    signal: leave.signal,
  };
  const placing = call('/v1/orders', customerOf('order-1'), init).catch((error: Error) => error.name);
  await expect.poll(() => peers['order-1']!.received.length).toBe(1);
  leave.abort();
  expect(await placing).toBe('AbortError');
  await expect.poll(() => closed).toBe(true);
});

test('asking the new owner and asking once more do not multiply', async () => {
  epoch++;
  let placings = 0;
  peers['order-1']!.behave = (request, response, raw) => {
    if (request.path === '/placement') return shard('order-1')(request, response, raw);
    if (++placings !== 2) return void response.destroy();
    json(response, 421, { code: 'misdirected', epoch: ++epoch });
  };
  expect((await place(customerOf('order-1'))).body).toMatchObject({ code: 'shard-unavailable' });
  // Its answer is lost, so it is asked once more; that one is a 421, so the owner is asked; and its answer is lost, too.
  expect(placings).toBe(3);
});

test('a wait is passed on, and may take longer than other answers', async () => {
  const customer = customerOf('order-1');
  peers['order-1']!.behave = (_request, response) => void after(1_000).then(() => json(response, 201, {}));
  expect((await place(customer, { prefer: 'wait=2' })).status).toBe(201);
  expect(peers['order-1']!.received[0]!.headers.prefer).toBe('wait=2');
});

test('orders are read under the verified id; what is no order id does not exist', async () => {
  const customer = customerOf('order-1');
  const own = newOrderId(slotOf(customer));
  for (const path of [
    `/v1/orders?limit=5`,
    `/v1/orders/${own}`,
    `/v1/orders/${own}/timeline`,
    `/v1/orders/${own}/ship-to`,
  ]) {
    expect((await call(path, customer)).body).toEqual({ shard: 'order-1' });
    const received = peers['order-1']!.received.at(-1)!;
    expect([received.path, askedBy(received).subject]).toEqual([path.slice(3), customer]);
  }
  for (const path of ['/v1/orders/1', `/v1/orders/${crypto.randomUUID()}`, `/v1/orders/x%2F..%2Fplacement/timeline`]) {
    expect((await call(path, customer)).body).toMatchObject({ status: 404, code: 'not-found' });
  }
});

test('events are streamed as they come, and a client that leaves ends the stream at the shard', async () => {
  const customer = customerOf('order-1');
  let closed = false;
  peers['order-1']!.behave = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    response.once('close', () => (closed = true));
  };
  const leave = new AbortController();
  const headers = { authorization: `Bearer ${await idp.token(customer)}`, 'last-event-id': '2' };
  const path = `/v1/orders/${newOrderId(slotOf(customer))}/events`;
  const response = await fetch(gateway.url + path, { headers, signal: leave.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const [received] = peers['order-1']!.received;
  expect([askedBy(received!).subject, received!.headers['last-event-id']]).toEqual([customer, '2']);
  const { value } = await response.body!.getReader().read();
  expect(Buffer.from(value!).toString()).toBe('data: 1\n\n');
  leave.abort();
  await expect.poll(() => closed).toBe(true);
});

test('a client that leaves during a wait ends the request at the shard', async () => {
  let closed = false;
  peers['order-1']!.behave = (_request, response) => void response.once('close', () => (closed = true));
  const leave = new AbortController();
  const customer = customerOf('order-1');
  const placing = call('/v1/orders', customer, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k', prefer: 'wait=10' },
    body: JSON.stringify(order),
    signal: leave.signal,
  }).catch((error: Error) => error.name);
  await expect.poll(() => peers['order-1']!.received.length).toBe(1);
  leave.abort();
  expect(await placing).toBe('AbortError');
  await expect.poll(() => closed).toBe(true);
});

test('without a token it is 401 on every route', async () => {
  const routes = [
    '/v1/orders',
    `/v1/orders/${orderId}`,
    `/v1/orders/${orderId}/events`,
    '/v1/products',
    '/v1/products/a',
  ];
  for (const path of routes) {
    const response = await fetch(gateway.url + path);
    expect([path, response.status]).toEqual([path, 401]);
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
  }
});

test('products come from inventory', async () => {
  const customer = crypto.randomUUID();
  expect((await call('/v1/products/a%2Fb', customer)).status).toBe(200);
  expect((await call('/v1/products?limit=2&cursor=x', customer)).status).toBe(200);
  expect(peers.inventory!.received.map(({ path }) => path)).toEqual(['/products/a%2Fb', '/products?limit=2&cursor=x']);
});

test('65: metrics and stock are on the operator listener only, and stock for operators only', async () => {
  const set = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"quantity":7}' };
  const customer = crypto.randomUUID();
  const operator = { role: 'operator' };
  for (const path of ['/metrics', '/v1/stock/SKU-0001']) {
    expect((await call(path, customer, path === '/metrics' ? {} : set, gateway.url, operator)).status).toBe(404);
  }
  expect((await call('/v1/stock/SKU-0001', customer, set, gateway.operatorUrl)).body).toMatchObject({
    code: 'forbidden',
  });
  expect(peers.inventory!.received).toHaveLength(0);
  expect((await call('/v1/stock/SKU-0001', customer, set, gateway.operatorUrl, operator)).status).toBe(200);
  expect(peers.inventory!.received[0]).toMatchObject({
    method: 'PUT',
    path: '/stock/SKU-0001',
    body: '{"quantity":7}',
  });
  expect(askedBy(peers.inventory!.received[0]!)).toMatchObject({ subject: customer, role: 'operator' });
  expect(await (await fetch(`${gateway.operatorUrl}/metrics`)).text()).toContain('gateway_misdirected_total');
});

test('a map that names an unknown shard refuses the start in one line', async () => {
  const jwks = `${idp.server.url}/jwks`;
  const starting = startGateway({ shards: { 'order-1': [peers['order-1']!.url] }, jwks });
  await expect(starting).rejects.toThrow('the placement map names shards not in SHARDS: order-2');
});

test('a stop answers all waits at once with the state now, by the same keys, also when the shard is full', async () => {
  const waits = 600; // More than may be under way as work.
  const jwks = `${idp.server.url}/jwks`;
  const shards = { 'order-1': [peers['order-1']!.url], 'order-2': [peers['order-2']!.url] };
  const stopping = await startGateway({ shards, jwks });
  const customer = customerOf('order-1');
  peers['order-1']!.behave = ({ headers }, response) => {
    if (headers.prefer !== undefined) return;
    if (headers['x-asked-before']) json(response, 202, { now: true });
    else json(response, 503, { code: 'overloaded' });
  };
  const body = JSON.stringify(order);
  const placing = Array.from({ length: waits }, (_, n) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `k${n}`, prefer: 'wait=10' };
    return call('/v1/orders', customer, { method: 'POST', headers, body }, stopping.url);
  });
  const { received } = peers['order-1']!;
  await expect.poll(() => received.length, { timeout: 20_000 }).toBe(waits);
  expect(await stopping.stop()).toBe(true);
  for (const answer of await Promise.all(placing)) expect(answer).toMatchObject({ status: 202, body: { now: true } });
  const keys = received.map(({ headers }) => headers['idempotency-key']);
  expect(keys.slice(waits).toSorted()).toEqual(keys.slice(0, waits).toSorted());
});

test('a cancellation goes to the shard that the order id names, with its key and no body', async () => {
  const customer = customerOf('order-1');
  const id = newOrderId(slotOf(customer));
  const cancel = (init: RequestInit = {}) =>
    call(`/v1/orders/${id}/cancel`, customer, { method: 'POST', headers: { 'idempotency-key': 'k' }, ...init });
  expect((await cancel()).status).toBe(202);
  const [received] = peers['order-1']!.received;
  expect(received).toMatchObject({ method: 'POST', path: `/orders/${id}/cancel`, body: '' });
  expect([askedBy(received!).subject, received!.headers['idempotency-key']]).toEqual([customer, 'k']);
  const typed = { 'idempotency-key': 'k', 'content-type': 'application/json' };
  expect((await cancel({ headers: typed, body: '{}' })).status).toBe(202);
  expect((await cancel({ headers: typed, body: '{"reason":"x"}' })).body).toMatchObject({ code: 'validation-failed' });
  expect((await cancel({ headers: {} })).status).toBe(400);
  expect((await call('/v1/orders/nonsense/cancel', customer, { method: 'POST', headers: typed })).status).toBe(404);
  expect(peers['order-1']!.received).toHaveLength(2);
});

test('a saga is resumed by an operator only, on the operator listener only, under the verified id', async () => {
  const [operator, customer] = [crypto.randomUUID(), customerOf('order-1')];
  peers['order-1']!.behave = (_request, response) => json(response, 201, { resumed: [] });
  const id = newOrderId(slotOf(customer));
  const resume = (base: string | undefined, claims = {}) =>
    call(`/v1/sagas/${id}/resume`, operator, { method: 'POST', headers: { 'x-principal': 'forged' } }, base, claims);
  expect((await resume(gateway.operatorUrl)).status).toBe(403);
  expect((await resume(gateway.url, { role: 'operator' })).status).toBe(404);
  expect(peers['order-1']!.received).toEqual([]);
  expect((await resume(gateway.operatorUrl, { role: 'operator' })).status).toBe(201);
  const [received] = peers['order-1']!.received;
  expect(received!.path).toBe(`/sagas/${id}/resume`);
  expect(askedBy(received!)).toMatchObject({ subject: operator, role: 'operator' });
});
