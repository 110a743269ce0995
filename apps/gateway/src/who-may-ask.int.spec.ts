import { randomUUID } from 'node:crypto';
import { firstMap, newOrderId, slotOf } from '@ringshop/placement';
import { KeyRing, Principals, type Service, signPrincipal } from '@ringshop/service-defaults';
import { eventually, type Route, routesOf } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { badTokens } from './auth/bad-tokens.kit.ts';
import { identityProvider, internalKeys, json, newKey, Peer, startGateway } from './spec/peers.ts';

const map = firstMap(['order-1']);
const ring = KeyRing.parse(internalKeys);
const principals = new Principals(ring);
const customer = randomUUID();

/** What takes no token, and why that is right. Whatever else is served, now or one day, takes one. */
const open = {
  public: /^GET \/health\/(live|ready)$/,
  // For what inside has no token, such as a browser: bound to loopback, or to a network that is not the internet's.
  operator: /^(GET|HEAD) \/(health\/(live|ready)|metrics|(openapi|asyncapi)\.json|docs(\/.*)?)$/,
};
const samples: Record<string, string> = {
  ':orderId': newOrderId(slotOf(customer)),
  ':customerId': customer,
  ':sku': 'SKU-0001',
};
const bodies: Record<string, unknown> = {
  'POST /v1/orders': {
    lines: [{ sku: 'a', quantity: 1 }],
    payment: { token: 't' },
    shipTo: { name: 'n', address: 'a' },
  },
  'PUT /v1/stock/:sku': { quantity: 1 },
};

let idp: Awaited<ReturnType<typeof identityProvider>>;
let peers: Peer[];
let gateway: Service;
let routes: { public: Route[]; operator: Route[] };

beforeAll(async () => {
  idp = await identityProvider();
  const behind = await Promise.all([0, 1].map(() => new Peer(answer).listen()));
  peers = behind;
  gateway = await startGateway({
    shards: { 'order-1': [behind[0]!.url] },
    inventory: behind[1]!.url,
    jwks: `${idp.server.url}/jwks`,
    env: { JWKS_MAX_AGE_MS: '300' },
  });
  routes = { public: served('public', gateway.app), operator: served('operator', gateway.operatorApp!) };
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [...peers, idp.server]) await peer.close();
});
beforeEach(() => forget());

const answer: Peer['behave'] = ({ path }, response) =>
  json(response, 200, path === '/placement' ? { epoch: 1, members: map.members, slots: map.slots } : {});
const forget = () => {
  for (const peer of peers) peer.received.length = 0;
};
const heard = () => peers.flatMap(({ received }) => received);

function served(listener: keyof typeof open, app: Service['app']): Route[] {
  const all = routesOf(app.getHttpAdapter().getInstance());
  return all.filter(({ method, path }) => !open[listener].test(`${method} ${path}`));
}

async function ask({ method, path }: Route, listener: keyof typeof open, headers: Record<string, string>) {
  const url = path.replaceAll(/:\w+/g, (name) => samples[name] ?? expect.fail(`no sample for ${name} of ${path}`));
  const body = bodies[`${method} ${path}`];
  const response = await fetch(`${listener === 'public' ? gateway.url : gateway.operatorUrl}${url}`, {
    method,
    headers: { 'idempotency-key': 'k', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What every route answers to these headers: one entry when all agree. */
async function everywhere(headers: Record<string, string>, listeners: (keyof typeof open)[] = ['public', 'operator']) {
  const answers = new Set<string>();
  for (const listener of listeners) {
    for (const route of routes[listener]) {
      const { status, text, headers: said } = await ask(route, listener, headers);
      answers.add(`${status} ${JSON.parse(text || '{}').code ?? ''}`);
      tellsNothing(`${text} ${[...said].join(' ')}`);
    }
  }
  return [...answers];
}

/** 65: no stack, no SQL, no names or versions of what runs here, nothing of the token. */
function tellsNothing(text: string) {
  expect(text).not.toMatch(/\bat .+:\d+|node_modules|\.[jt]s\b|select |postgres|fastify|nest|jose|x-powered-by|eyJ/i);
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

it('there is something to protect', () => {
  expect(routes.public).toContainEqual({ method: 'POST', path: '/v1/orders/:orderId/cancel' });
  expect(routes.operator).toContainEqual({ method: 'PUT', path: '/v1/stock/:sku' });
});

describe('55: on every route of either listener it is 401, and nobody behind hears of it', () => {
  it.each(Object.keys(badTokens))('with a token %s', async (name) => {
    expect(await everywhere(bearer(await badTokens[name]!(idp, customer)))).toEqual(['401 unauthenticated']);
    expect(heard()).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${Buffer.from(`${customer}:x`).toString('base64')}` }],
    ['headers that name somebody', { 'x-user-id': customer, 'x-customer-id': customer, 'x-operator-id': customer }],
    [
      'what the gateway itself would say',
      { 'x-principal': signPrincipal(ring, { subject: customer, role: 'operator' }) },
    ],
    ['a cookie', { cookie: `token=${customer}; session=${customer}` }],
  ])('with %s', async (_what, headers) => {
    expect(await everywhere(headers)).toEqual(['401 unauthenticated']);
    expect(heard()).toEqual([]);
  });

  it('with a token that was good until its key was withdrawn', async () => {
    const revoked = bearer(await idp.token(customer, { role: 'operator' }, await newKey(idp, 'k3')));
    const known = { what: 'the new key to be known', within: 5_000 };
    await eventually(async () => (await everywhere(revoked)).includes('200 '), known);
    idp.keys.splice(2);
    const gone = { what: 'the withdrawn key to be refused', within: 5_000 };
    await eventually(async () => (await ask(routes.public[0]!, 'public', revoked)).status === 401, gone);
    forget();
    expect(await everywhere(revoked)).toEqual(['401 unauthenticated']);
    expect(heard()).toEqual([]);
  });

  it('with a token in the address', async () => {
    const token = await idp.token(customer);
    const route = { method: 'GET', path: `/v1/orders?access_token=${token}&token=${token}` };
    expect((await ask(route, 'public', {})).status).toBe(401);
  });
});

it('a customer is refused on every route of operators', async () => {
  expect(await everywhere(bearer(await idp.token(customer)), ['operator'])).toEqual(['403 forbidden']);
  expect(heard()).toEqual([]);
});

it('an unknown role is refused everywhere', async () => {
  expect(await everywhere(bearer(await idp.token(customer, { role: 'admin' })))).toEqual(['403 forbidden']);
  expect(heard()).toEqual([]);
});

it('65: nothing of the operator listener is on the public one, whoever asks', async () => {
  const operator = bearer(await idp.token(customer, { role: 'operator' }));
  const all = routesOf(gateway.operatorApp!.getHttpAdapter().getInstance());
  const those = all.filter(({ path }) => !path.startsWith('/health/'));
  expect(those.map(({ path }) => path)).toEqual(expect.arrayContaining(['/metrics', '/docs', '/v1/stock/:sku']));
  for (const route of those) {
    for (const headers of [operator, {}]) {
      const { status, text } = await ask(route, 'public', headers);
      expect([route, status]).toEqual([route, 404]);
      tellsNothing(text);
    }
  }
  expect(heard()).toEqual([]);
});

it('no method but its own does anything on any path', async () => {
  const operator = bearer(await idp.token(customer, { role: 'operator' }));
  for (const listener of ['public', 'operator'] as const) {
    const own = new Set(routes[listener].map(({ method, path }) => `${method} ${path}`));
    for (const path of new Set(routes[listener].map((route) => route.path))) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (own.has(`${method} ${path}`)) continue;
        expect([method, path, (await ask({ method, path }, listener, operator)).status]).toEqual([method, path, 404]);
      }
    }
  }
  expect(heard()).toEqual([]);
});

it('whatever a client says about itself, those behind hear the verified subject only, in one header', async () => {
  const other = randomUUID();
  const forged = {
    'x-principal': signPrincipal(ring, { subject: other, role: 'operator' }),
    'x-customer-id': other,
    'x-user-id': other,
    'x-operator-id': other,
    'x-forwarded-user': other,
    'x-role': 'operator',
    'x-deadline-ms': '1',
    forwarded: `for=${other}`,
    cookie: other,
  };
  const asked: string[] = [];
  for (const listener of ['public', 'operator'] as const) {
    const role = listener === 'public' ? 'customer' : 'operator';
    const token = bearer(await idp.token(customer, { role }));
    for (const route of routes[listener]) {
      forget();
      const { status } = await ask(route, listener, { ...token, ...forged });
      expect([route, status]).toEqual([route, 200]);
      const [received] = heard();
      expect(JSON.stringify(received)).not.toContain(other);
      expect(received!.headers).not.toHaveProperty('authorization');
      // Products are everybody's: nobody behind needs to know who looks at them.
      if (route.path.startsWith('/v1/products')) continue;
      expect(principals.of(received!)).toMatchObject({ subject: customer, role });
      asked.push(route.path);
    }
  }
  expect(asked.length).toBeGreaterThan(5);
});
