import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningSimulators, startSimulators } from './start-simulators.ts';

let dataDir: string;
let running: RunningSimulators;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'simulators-'));
  running = await startSimulators({ DATA_DIR: dataDir });
});
afterEach(async () => {
  await running.kill();
  await rm(dataDir, { recursive: true });
});

async function post(path: string, key: string, body: object, timeoutMs = 10_000) {
  const response = await fetch(`${running.url}/payments/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { http: response.status, ...((await response.json()) as Record<string, unknown>) };
}
const get = async (path: string): Promise<Record<string, unknown>> => {
  const response = await fetch(`${running.url}${path}`);
  return { http: response.status, ...((await response.json()) as Record<string, unknown>) };
};
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const authorise = (orderId: string, token: string, timeoutMs?: number) =>
  post('authorise', orderId, { orderId, ...eur(500), token }, timeoutMs);
const capture = (orderId: string) => post('capture', `${orderId}:capture`, { orderId, payment: orderId, ...eur(500) });
const cancel = (orderId: string) => post('void', `${orderId}:void`, { orderId, payment: orderId });
const ledger = async () => (await get('/payments/ledger')).payments as { orderId: string }[];
const ledgerOf = async (orderId: string) => (await ledger()).filter((payment) => payment.orderId === orderId);
const none = { authorised: 500, captured: 0, voided: 0, refunded: 0 };

test('authorises, captures and refunds once under repeated keys', async () => {
  const orderId = randomUUID();
  for (const _ of [1, 2]) expect(await authorise(orderId, 'tok_approve.x7')).toMatchObject({ status: 'authorised' });
  for (const _ of [1, 2]) expect(await capture(orderId)).toMatchObject({ status: 'captured', amount: 500 });
  const refund = (key: string, amount: number) => post('refund', key, { orderId, payment: orderId, ...eur(amount) });
  for (const _ of [1, 2]) expect(await refund('one', 200)).toMatchObject({ status: 'refunded', amount: 200 });
  expect(await ledgerOf(orderId)).toEqual([{ orderId, ...none, captured: 500, refunded: 200 }]);
  expect(await cancel(orderId)).toMatchObject({ http: 409, code: 'captured' });
  await refund('two', 300);
  expect(await cancel(orderId)).toMatchObject({ http: 409, code: 'refunded' });
  expect(await refund('three', 1)).toMatchObject({ http: 409, code: 'refunded' });
});

test.each([
  ['tok_decline', 'declined'],
  ['tok_insufficient_funds.a', 'insufficient-funds'],
  ['tok_whatever', 'unknown-token'],
  ['constructor', 'unknown-token'],
])('%s is declined as %s', async (token, reason) => {
  const orderId = randomUUID();
  expect(await authorise(orderId, token)).toMatchObject({ http: 200, status: 'declined', reason });
  expect(await ledgerOf(orderId)).toEqual([]);
  expect(await capture(orderId)).toMatchObject({ http: 409 });
});

test('tok_timeout_charged authorises without an answer and is found by its key', async () => {
  const orderId = randomUUID();
  await expect(authorise(orderId, 'tok_timeout_charged', 300)).rejects.toThrow(/timeout/);
  expect(await get(`/payments/by-key/${orderId}`)).toMatchObject({ status: 'authorised', amount: 500 });
});

test('tok_timeout_uncharged loses the first call, and a replay under the same key works', async () => {
  const orderId = randomUUID();
  await expect(authorise(orderId, 'tok_timeout_uncharged', 300)).rejects.toThrow(/timeout/);
  expect(await get(`/payments/by-key/${orderId}`)).toMatchObject({ http: 404 });
  expect(await authorise(orderId, 'tok_timeout_uncharged')).toMatchObject({ status: 'authorised' });
  expect(await ledgerOf(orderId)).toHaveLength(1);
});

test('tok_slow works after five seconds though its caller left; a void that comes meanwhile wins', async () => {
  const [patient, voided] = [randomUUID(), randomUUID()];
  const calls = [authorise(patient, 'tok_slow', 300), authorise(voided, 'tok_slow')];
  await expect(calls[0]).rejects.toThrow(/timeout/);
  expect(await authorise(patient, 'tok_slow')).toMatchObject({ code: 'in-progress' });
  expect(await cancel(voided)).toMatchObject({ status: 'voided' });
  expect(await calls[1]).toMatchObject({ status: 'voided' });
  expect(await authorise(patient, 'tok_slow')).toMatchObject({ status: 'authorised' });
  expect(await ledgerOf(voided)).toEqual([]);
}, 15_000);

test('tok_flaky fails twice, tok_capture_fails_10 ten times, tok_capture_never always', async () => {
  const [flaky, ten, never] = [randomUUID(), randomUUID(), randomUUID()];
  for (const _ of [1, 2])
    expect(await authorise(flaky, 'tok_flaky')).toMatchObject({ code: 'temporarily-unavailable' });
  expect(await authorise(flaky, 'tok_flaky')).toMatchObject({ status: 'authorised' });
  await authorise(ten, 'tok_capture_fails_10');
  for (let i = 0; i < 10; i++) expect(await capture(ten)).toMatchObject({ code: 'temporarily-unavailable' });
  expect(await capture(ten)).toMatchObject({ status: 'captured' });
  await authorise(never, 'tok_capture_never');
  for (let i = 0; i < 12; i++) expect(await capture(never)).toMatchObject({ code: 'temporarily-unavailable' });
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(metrics).toContain('simulator_faults_total{fault="tok_flaky"} 2');
  expect(metrics).toContain('simulator_faults_total{fault="capture_failed"} 22');
});

test('a void before its authorise leaves a tombstone that outlives kill -9', async () => {
  const orderId = randomUUID();
  expect(await cancel(orderId)).toMatchObject({ status: 'voided' });
  await restart();
  expect(await authorise(orderId, 'tok_approve')).toMatchObject({ status: 'voided' });
  expect(await cancel(orderId)).toMatchObject({ status: 'voided' });
  expect(await ledgerOf(orderId)).toEqual([]);
});

test('refuses a key used for something else, a capture of too much, a void after the capture, bad input', async () => {
  const orderId = randomUUID();
  await authorise(orderId, 'tok_approve');
  expect(await post('authorise', orderId, { orderId, ...eur(501), token: 'tok_approve' })).toMatchObject({
    code: 'idempotency-key-reused',
  });
  const tooMuch = { orderId, payment: orderId, ...eur(501) };
  expect(await post('capture', 'other', tooMuch)).toMatchObject({ code: 'amount-differs' });
  await capture(orderId);
  expect(await cancel(orderId)).toMatchObject({ code: 'captured' });
  expect(await post('authorise', 'x', { orderId, ...eur(1.5), token: 't' })).toMatchObject({
    code: 'validation-failed',
  });
});

test('what was answered survives kill -9 under load, and a torn last line is cut off', async () => {
  const answered = new Set<string>();
  const load = Array.from({ length: 16 }, async () => {
    for (;;) {
      const orderId = randomUUID();
      await authorise(orderId, 'tok_approve');
      answered.add(orderId);
    }
  });
  const ended = Promise.allSettled(load);
  await expect.poll(() => answered.size, { timeout: 10_000 }).toBeGreaterThan(200);
  await running.kill();
  await ended;
  const journal = join(dataDir, 'payments.journal');
  await appendFile(journal, '{"op":"authorise","key":"torn');
  await restart();
  const known = new Set((await ledger()).map((payment) => payment.orderId));
  expect([...answered].filter((orderId) => !known.has(orderId))).toEqual([]);
  const next = randomUUID();
  await authorise(next, 'tok_approve');
  await restart();
  expect(await ledgerOf(next)).toHaveLength(1);
  expect(await readFile(journal, 'utf8')).not.toContain('torn');
});

test('tokens verify by the JWKS, also over a restart, and carry what was asked for', async () => {
  const token = async (body: object) => {
    const response = await fetch(`${running.url}/identity/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { token: string }).token;
  };
  const expected = { issuer: 'http://ringshop.local/identity', audience: 'ringshop' };
  const verify = async (jwt: string) =>
    (await jwtVerify(jwt, createRemoteJWKSet(new URL(`${running.url}/.well-known/jwks.json`)), expected)).payload;
  const sub = randomUUID();
  const good = await token({ sub, role: 'operator' });
  await restart();
  const payload = await verify(good);
  expect(payload).toMatchObject({ sub, role: 'operator' });
  expect(payload.exp! - payload.iat!).toBe(12 * 60 * 60);
  await expect(verify(await token({ sub, expiresIn: -5 }))).rejects.toThrow(/exp/);
  await expect(verify(await token({ sub, notBefore: 60 }))).rejects.toThrow(/nbf/);
  await expect(verify(await token({ sub, audience: 'other' }))).rejects.toThrow(/aud/);
  await expect(verify(await token({ sub, issuer: 'other' }))).rejects.toThrow(/iss/);
});

test('a new key signs after a rotation, the old ones verify until they are revoked, and a restart changes none of it', async () => {
  const keys = async () =>
    ((await get('/.well-known/jwks.json')) as { keys: { kid: string; d?: string }[] }).keys.map(({ kid, d }) => {
      expect(d).toBeUndefined();
      return kid;
    });
  const ask = (method: string, path: string) => fetch(`${running.url}/identity/keys/${path}`, { method });
  const [old] = await keys();
  const { kid } = (await (await ask('POST', 'rotate')).json()) as { kid: string };
  expect(await keys()).toEqual([kid, old]);
  await restart();
  expect(await keys()).toEqual([kid, old]);
  const response = await fetch(`${running.url}/identity/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub: randomUUID() }),
  });
  const { token } = (await response.json()) as { token: string };
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid, typ: 'JWT' });
  expect((await ask('DELETE', kid)).status).toBe(204);
  expect((await ask('DELETE', kid)).status).toBe(404);
  await restart();
  expect(await keys()).toEqual([old]);
  expect((await ask('DELETE', old!)).status).toBe(204);
  const [fresh, ...more] = await keys();
  expect([old, kid]).not.toContain(fresh);
  expect(more).toEqual([]);
});

async function restart() {
  await running.kill();
  running = await startSimulators({ DATA_DIR: dataDir });
}
