import { createLogger, KeyRing } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { identityProvider, internalKeys, newKey, now } from '../spec/peers.ts';
import { badTokens } from './bad-tokens.kit.ts';
import { Callers, type CallersOptions } from './callers.ts';
import { ProviderKeys, type ProviderKeysOptions } from './provider-keys.ts';

const customer = '0198f0a0-0000-4000-8000-00000000000a';
const leewayMs = 2_000;
let idp: Awaited<ReturnType<typeof identityProvider>>;
let keys: ProviderKeys;
let callers: Callers;

function open(ofKeys: Partial<ProviderKeysOptions> = {}, more: Partial<CallersOptions> = {}): void {
  keys = new ProviderKeys({
    jwksUrl: `${idp.server.url}/.well-known/jwks.json`,
    maxAgeMs: 30_000,
    cooldownMs: 5_000,
    staleMs: 900_000,
    logger: createLogger('test', 'silent'),
    ...ofKeys,
  });
  const ring = KeyRing.parse(internalKeys);
  callers = new Callers({
    keys,
    ring,
    issuer: 'http://ringshop.local/identity',
    audience: 'ringshop',
    leewayMs,
    ...more,
  });
}
const request = (authorization?: string, headers = {}) =>
  ({ headers: { authorization, ...headers } }) as FastifyRequest;
const of = async (token: string) => callers.of(request(`Bearer ${token}`));
/** Only the clock of the process: what waits goes on waiting. */
const later = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
const status = (token: string) =>
  of(token).then(
    () => 200,
    (error) => error.status,
  );

beforeAll(async () => {
  idp = await identityProvider();
});
afterAll(() => idp.server.close());
beforeEach(() => open());
afterEach(async () => {
  vi.useRealTimers();
  await keys.stop();
  idp.keys.splice(2);
  idp.server.behave = serve;
  idp.server.received.length = 0;
});
const serve: typeof idp.server.behave = (_request, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: idp.keys }));
const refuse: typeof idp.server.behave = (_request, response) => response.writeHead(500).end();
const readings = () => idp.server.received.length;

test('a good token tells its subject, in lower case; a header that names somebody changes nothing', async () => {
  const token = await idp.token(customer.toUpperCase());
  const forged = request(`Bearer ${token}`, { 'x-user-id': 'other', 'x-customer-id': 'other', 'x-principal': 'other' });
  expect(await callers.of(forged)).toMatchObject({ subject: customer, role: 'customer' });
});

test('only the role makes an operator; an operator can be a customer, and an unknown role is nobody', async () => {
  const asked = async (role: unknown) => request(`Bearer ${await idp.token(customer, { role })}`);
  const operator = await asked('operator');
  expect(await callers.operator(operator)).toBe(await callers.of(operator));
  for (const role of [undefined, 'customer']) {
    expect(await callers.of(await asked(role))).toMatchObject({ role: 'customer' });
    await expect(callers.operator(await asked(role))).rejects.toMatchObject({ code: 'forbidden' });
  }
  for (const role of ['admin', 'Operator', '', null, ['operator'], { operator: true }, 1]) {
    await expect(callers.of(await asked(role))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(callers.operator(await asked(role))).rejects.toMatchObject({ code: 'forbidden' });
  }
});

test.each(Object.keys(badTokens))('401 for a token %s', async (name) => {
  const token = await badTokens[name]!(idp, customer);
  await expect(of(token)).rejects.toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
});

test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a.b', 'Bearer a.b.c d'])(
  '401 for %j',
  async (header) => {
    await expect(callers.of(request(header))).rejects.toMatchObject({ status: 401 });
  },
);

test.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/jwt'])(
  'typ %s is taken',
  async (typ) => {
    expect(await of(await idp.token(customer, {}, { typ }))).toMatchObject({ subject: customer });
  },
);

test('clocks may differ by the leeway, and by no more', async () => {
  const leeway = leewayMs / 1_000;
  for (const claims of [{ exp: now() - leeway + 1 }, { nbf: now() + leeway }, { iat: now() + leeway }]) {
    expect(await status(await idp.token(customer, claims)), JSON.stringify(claims)).toBe(200);
  }
  for (const claims of [{ exp: now() - leeway }, { nbf: now() + leeway + 2 }, { iat: now() + leeway + 2 }]) {
    expect(await status(await idp.token(customer, claims)), JSON.stringify(claims)).toBe(401);
  }
});

test('a verified token is remembered, but never beyond its expiry', async () => {
  const token = await idp.token(customer, { exp: now() + 60 });
  const first = await of(token);
  expect(await of(token)).toBe(first);
  later(59_000);
  expect(await of(token)).toBe(first);
  later(1_000 + leewayMs);
  expect(await status(token)).toBe(401);
});

test('who ends in the same signature is not taken for the one who is remembered', async () => {
  const token = await idp.token(customer);
  await of(token);
  const [header, , signature] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: customer, role: 'operator' })).toString('base64url');
  expect(await status(`${header}.${forged}.${signature}`)).toBe(401);
});

test('what is remembered is bounded', async () => {
  open({}, { maxRemembered: 2 });
  const tokens = await Promise.all([1, 2, 3].map((jti) => idp.token(customer, { jti: String(jti) })));
  const first = await of(tokens[0]!);
  for (const token of tokens) await of(token);
  expect(await of(tokens[0]!)).not.toBe(first);
  const long = await idp.token(customer, { jti: 'x'.repeat(5_000) });
  expect(await of(long)).not.toBe(await of(long));
});

test('a new key is known by its first token; a storm of made-up key names makes one reading, not one each', async () => {
  keys.start();
  await of(await idp.token(customer));
  expect(readings()).toBe(1);
  const signing = await newKey(idp, 'k3');
  expect(await of(await idp.token(customer, {}, signing))).toMatchObject({ subject: customer });
  expect(readings()).toBe(2);
  const storm = () =>
    Promise.all(
      Array.from({ length: 100 }, async (_, n) => status(await idp.token(customer, {}, { kid: `made-up-${n}` }))),
    );
  expect(new Set([...(await storm()), ...(await storm())])).toEqual(new Set([401]));
  expect(readings()).toBe(2);
  later(5_001);
  await storm();
  expect(readings()).toBe(3);
});

test('while the provider is away it is not asked for each token either, and nobody is told that their token is bad', async () => {
  idp.server.behave = refuse;
  for (let n = 0; n < 20; n++) expect(await status(await idp.token(customer, {}, { kid: `k-${n}` }))).toBe(503);
  expect(readings()).toBe(1);
  later(5_001);
  idp.server.behave = serve;
  expect(await status(await idp.token(customer))).toBe(200);
});

test('a withdrawn key is refused within its time, remembered tokens and all; the others are remembered on', async () => {
  const token = await idp.token(customer);
  const revoked = await idp.token(customer, {}, await newKey(idp, 'k3'));
  open({ maxAgeMs: 300 });
  keys.start();
  const first = await of(token);
  expect(await of(revoked)).toBe(await of(revoked));
  idp.keys.splice(2);
  const since = performance.now();
  await vi.waitUntil(async () => (await status(revoked)) === 401, { timeout: 5_000, interval: 5 });
  expect(performance.now() - since).toBeLessThan(2_000);
  expect(await of(token)).toBe(first);
});

test('a key that is replaced under its own name is a withdrawn key', async () => {
  const token = await idp.token(customer, {}, await newKey(idp, 'k3'));
  await of(token);
  idp.keys.splice(2);
  await newKey(idp, 'k3');
  later(5_001);
  await status(await idp.token(customer, {}, { kid: 'makes it read again' }));
  expect(await status(token)).toBe(401);
});

test('a key that is withdrawn while its token is being verified is a withdrawn key', async () => {
  const token = await idp.token(customer, {}, await newKey(idp, 'k3'));
  const { find } = keys;
  let withdraw = async () => {
    withdraw = async () => undefined;
    idp.keys.splice(2);
    later(10_000);
    await Promise.allSettled([find({ alg: 'ES256', kid: 'makes it read again' }, {} as never)]);
  };
  Object.assign(keys, {
    find: async (...asked: Parameters<typeof find>) => {
      const key = await find(...asked);
      await withdraw();
      return key;
    },
  });
  expect(await status(token)).toBe(401);
});

test('while the provider is away its keys are believed for a while, then nobody is, until it is back', async () => {
  open({ staleMs: 60_000 });
  const [remembered, unseen] = [await idp.token(customer, { jti: '1' }), await idp.token(customer, { jti: '2' })];
  await of(remembered);
  idp.server.behave = refuse;
  later(59_000);
  expect([await status(remembered), await status(unseen)]).toEqual([200, 200]);
  later(1_001);
  expect([await status(remembered), await status(unseen)]).toEqual([503, 503]);
  later(5_001);
  idp.server.behave = serve;
  expect([await status(remembered), await status(unseen)]).toEqual([200, 200]);
});

test('what is said to the parts behind is signed once for many requests, and anew before it could expire', async () => {
  const caller = await of(await idp.token(customer));
  const said = caller.principal;
  later(29_000);
  expect(caller.principal).toBe(said);
  later(2_000);
  expect(caller.principal).not.toBe(said);
  // Whose clock was wrong for a while.
  const ahead = caller.principal;
  later(-3_600_000);
  expect(caller.principal).not.toBe(ahead);
});
