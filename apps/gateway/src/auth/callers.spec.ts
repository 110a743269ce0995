import { createHmac, type webcrypto } from 'node:crypto';
import { KeyRing } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { exportSPKI, generateKeyPair, importJWK } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { goodClaims, identityProvider, internalKeys, now } from '../spec/peers.ts';
import { Callers } from './callers.ts';

const customer = '0198f0a0-0000-4000-8000-00000000000a';
let idp: Awaited<ReturnType<typeof identityProvider>>;
let callers: Callers;

const options = () => ({
  jwksUrl: `${idp.server.url}/.well-known/jwks.json`,
  issuer: 'http://ringshop.local/identity',
  audience: 'ringshop',
  ring: KeyRing.parse(internalKeys),
});
const request = (authorization?: string, headers = {}) =>
  ({ headers: { authorization, ...headers } }) as FastifyRequest;
const withToken = (token: string) => request(`Bearer ${token}`);
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

beforeAll(async () => {
  idp = await identityProvider();
});
afterAll(() => idp.server.close());
beforeEach(() => {
  callers = new Callers(options());
});

test('a good token tells its subject, in lower case; X-User-Id changes nothing', async () => {
  const token = await idp.token(customer.toUpperCase());
  const forged = request(`Bearer ${token}`, { 'x-user-id': 'other', 'x-customer-id': 'other' });
  expect(await callers.of(forged)).toMatchObject({ subject: customer, role: 'customer' });
});

test('only the role makes an operator', async () => {
  expect(await callers.operator(withToken(await idp.token(customer, { role: 'operator' })))).toBeDefined();
  const plain = withToken(await idp.token(customer));
  await expect(callers.operator(plain)).rejects.toMatchObject({ code: 'forbidden' });
});

const bad: Record<string, () => Promise<string> | string> = {
  'no JWT at all': () => 'abc',
  'unsigned (alg none)': () => `${encoded({ alg: 'none' })}.${encoded(goodClaims(customer))}.`,
  'unsigned with a signature of nothing': () =>
    `${encoded({ alg: 'none', kid: 'k1' })}.${encoded(goodClaims(customer))}.AA`,
  'HS256 signed with the public key': async () => {
    const publicKey = (await importJWK(idp.publicJwk, 'ES256', { extractable: true })) as webcrypto.CryptoKey;
    const signed = `${encoded({ alg: 'HS256', kid: 'k1' })}.${encoded(goodClaims(customer))}`;
    return `${signed}.${createHmac('sha256', await exportSPKI(publicKey))
      .update(signed)
      .digest('base64url')}`;
  },
  'signed by another key of the same name': async () =>
    idp.sign(goodClaims(customer), (await generateKeyPair('ES256')).privateKey),
  'another algorithm': async () => idp.sign(goodClaims(customer), (await generateKeyPair('RS256')).privateKey, 'RS256'),
  'signed by a published key, but by an algorithm that is not pinned': () =>
    idp.sign(goodClaims(customer), idp.unpinned, 'ES512', 'k2'),
  'altered claims': async () => {
    const [header, , signature] = (await idp.token(customer)).split('.');
    return `${header}.${encoded({ ...goodClaims(customer), role: 'operator' })}.${signature}`;
  },
  expired: () => idp.token(customer, { exp: now() - 1 }),
  'without an expiry': () => idp.token(customer, { exp: undefined }),
  'not yet valid': () => idp.token(customer, { nbf: now() + 60 }),
  'for another audience': () => idp.token(customer, { aud: 'other' }),
  'without an audience': () => idp.token(customer, { aud: undefined }),
  'of another issuer': () => idp.token(customer, { iss: 'http://evil' }),
  'without a subject': () => idp.token(customer, { sub: undefined }),
  'with a subject that is no customer id': () => idp.token('1 OR 1=1'),
};

test.each(Object.keys(bad))('401 for a token %s', async (name) => {
  await expect(callers.of(withToken(await bad[name]!()))).rejects.toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
  });
});

test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a.b', 'Bearer a.b.c d'])(
  '401 for %j',
  async (header) => {
    await expect(callers.of(request(header))).rejects.toMatchObject({ status: 401 });
  },
);

test('a verified token is remembered, but never beyond its expiry', async () => {
  const exp = now() + 3;
  const shortLived = withToken(await idp.token(customer, { exp }));
  expect(await callers.of(shortLived)).toBe(await callers.of(shortLived));
  await new Promise((resolve) => setTimeout(resolve, exp * 1_000 - Date.now() + 20));
  await expect(callers.of(shortLived)).rejects.toMatchObject({ status: 401 });
});

test('a verified token is verified again when its time in memory is over', async () => {
  const forgetful = new Callers({ ...options(), rememberMs: 20 });
  const token = withToken(await idp.token(customer));
  const first = await forgetful.of(token);
  expect(await forgetful.of(token)).toBe(first);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await forgetful.of(token)).not.toBe(first);
});

test('what is remembered is bounded', async () => {
  const small = new Callers({ ...options(), maxRemembered: 2 });
  const tokens = await Promise.all([1, 2, 3].map((jti) => idp.token(customer, { jti: String(jti) })));
  const first = await small.of(withToken(tokens[0]!));
  for (const token of tokens) await small.of(withToken(token));
  expect(await small.of(withToken(tokens[0]!))).not.toBe(first);
});

test('keys that cannot be had are a 503, not a 401: the caller did nothing wrong', async () => {
  const orphan = new Callers({ ...options(), jwksUrl: 'http://127.0.0.1:1/jwks.json' });
  await expect(orphan.of(withToken(await idp.token(customer)))).rejects.toMatchObject({
    status: 503,
    code: 'overloaded',
  });
});
