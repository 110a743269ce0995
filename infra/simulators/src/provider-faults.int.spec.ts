import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type RunningSimulators, startSimulators } from './start-simulators.ts';

let dataDir: string;
let running: RunningSimulators;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'simulators-'));
  running = await startSimulators({ DATA_DIR: dataDir });
});
afterEach(() => setFaults({}));
afterAll(async () => {
  await running.kill();
  await rm(dataDir, { recursive: true });
});

const headers = (key: string) => ({ 'content-type': 'application/json', 'idempotency-key': key });

/** How a call ended for its caller: the HTTP status, or in words. */
async function post(verb: string, orderId: string, token = 'tok_approve'): Promise<number | string> {
  const key = verb === 'authorise' ? orderId : `${orderId}:${verb}`;
  const body = JSON.stringify({ orderId, payment: orderId, amount: 500, currency: 'EUR', token });
  try {
    const response = await fetch(`${running.url}/payments/${verb}`, {
      method: 'POST',
      headers: headers(key),
      body,
      signal: AbortSignal.timeout(250),
    });
    await response.text();
    return response.status;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'no answer' : 'connection lost';
  }
}
const get = async (path: string) => (await (await fetch(`${running.url}${path}`)).json()) as Record<string, unknown>;
async function setFaults(faults: object): Promise<number> {
  const response = await fetch(`${running.url}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
  return response.status;
}
const isAuthorised = async (orderId: string) =>
  ((await get('/payments/ledger')).payments as { orderId: string }[]).some((payment) => payment.orderId === orderId);

test.each<[token: string, fault: string, seen: (number | string)[], charged: boolean]>([
  ['tok_500', 'first nothing, then only the answer is lost', [500, 500, 200], false],
  ['tok_429', 'asks its caller to come back', [429, 429, 200], false],
  ['tok_hang', 'no answer, then half of one', ['no answer', 'no answer', 200], false],
  ['tok_reset_charged.x1', 'works, and drops the connection', ['connection lost', 200], true],
  ['tok_reset_uncharged', 'drops the connection first', ['connection lost', 200], false],
  ['tok_answers_twice', 'answers twice', [200, 200], true],
])('%s: %s', async (token, _fault, seen, chargedAtOnce) => {
  const orderId = randomUUID();
  for (const [index, expected] of seen.entries()) {
    expect(await post('authorise', orderId, token)).toBe(expected);
    if (index === 0) expect(await isAuthorised(orderId)).toBe(chargedAtOnce);
  }
  expect(await isAuthorised(orderId)).toBe(true);
  const { calls } = (await get(`/payments/calls?orderId=${orderId}`)) as { calls: object[] };
  expect(calls).toHaveLength(seen.length);
  expect(calls[0]).toMatchObject({ verb: 'authorise', key: orderId, orderId, fault: expect.any(String) });
  const { fired } = await get('/faults');
  expect(fired).toMatchObject({ [token.split('.')[0]!]: expect.any(Number) });
});

test('faults of the whole provider take turns, hit any verb, and are over when they are used up', async () => {
  const orderId = randomUUID();
  await post('authorise', orderId);
  await setFaults({ http500: 1, http429: 1, hang: 1, resetDone: 1, retryAfterS: 7 });
  const seen = [];
  for (const verb of ['capture', 'void', 'refund', 'capture']) seen.push(await post(verb, orderId));
  expect(seen.map(String).sort()).toEqual(['429', '500', 'connection lost', 'no answer']);
  expect(await get('/faults')).toMatchObject({
    left: { http500: 0, http429: 0, hang: 0, resetDone: 0, twice: 0 },
    fired: { http500: 1, http429: 1, hang: 1, resetDone: 1 },
    retryAfterS: 7,
  });
  expect(await post('capture', orderId)).toBe(200);
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(metrics).toContain('simulator_faults_total{fault="resetDone"} 1');
});

test('a 429 tells when to come back, a look-up fails like any other call, and what is set replaces what was set', async () => {
  await setFaults({ http500: 9, http429: 1, retryAfterS: 3 });
  await setFaults({ http429: 1, retryAfterS: 3 });
  const refused = await fetch(`${running.url}/payments/by-key/${randomUUID()}`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3']);
  expect((await fetch(`${running.url}/payments/by-key/${randomUUID()}`)).status).toBe(404);
});

test('faults can be kept to one verb, and spare the others', async () => {
  const orderId = randomUUID();
  await setFaults({ http500: 1, only: 'capture' });
  expect(await post('authorise', orderId)).toBe(200);
  expect(await post('capture', orderId)).toBe(500);
  expect(await post('capture', orderId)).toBe(200);
});

test('a fault that nobody knows is refused, so that no test waits for one that cannot come', async () => {
  expect(await setFaults({ http5000: 1 })).toBe(400);
  expect(await setFaults({ hang: -1 })).toBe(400);
  expect(await setFaults({ only: 'void it' })).toBe(400);
});

test('the second answer comes on the same connection, ahead of the answer to the next request', async () => {
  const orderId = randomUUID();
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    heard += chunk;
  });
  const ask = (requestId: string, token: string) => {
    const body = JSON.stringify({ orderId, amount: 500, currency: 'EUR', token });
    const lines = Object.entries({
      ...headers(orderId),
      host: 'x',
      'request-id': requestId,
      'content-length': body.length,
    });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`POST /payments/authorise HTTP/1.1\r\n${head}\r\n${body}`);
  };
  const answered = () => [...heard.matchAll(/^request-id: (\w+)/gim)].map(([, requestId]) => requestId);
  ask('one', 'tok_answers_twice');
  await expect.poll(() => answered()[0]).toBe('one');
  ask('two', 'tok_answers_twice');
  await expect.poll(answered).toEqual(['one', 'one', 'two']);
  socket.destroy();
});
