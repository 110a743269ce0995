import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpPaymentProvider } from './http-payment-provider.ts';
import { NoAnswer } from './payment-provider.ts';
import { RetryAfter } from './retry-after.ts';

const amount = { amount: 100, currency: 'EUR' as const };
let server: Server;
let provider: HttpPaymentProvider;
let answering: RequestListener;

beforeEach(async () => {
  server = createServer((request, response) => answering(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  provider = new HttpPaymentProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    timeoutMs: 300,
    connections: 2,
    retryAfter: new RetryAfter({ paymentMaxMs: 60_000, allMaxMs: 0 }),
  });
});
afterEach(async () => {
  await provider.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function answer(http: number, body: string, headers: Record<string, string> = {}): void {
  answering = (request, response) => {
    response.writeHead(http, { 'request-id': request.headers['request-id'] as string, ...headers }).end(body);
  };
}
const outcome = () =>
  provider.authorise('o', amount, 'tok').then(
    ({ status }) => status as string,
    (error) => (error instanceof NoAnswer ? 'unknown' : 'our mistake'),
  );

test.each([
  [200, '{"status":"authorised"}', 'authorised'],
  [200, '{"status":"declined","reason":"no money"}', 'declined'],
  [409, '{"code":"voided"}', 'voided'],
  [409, '{"code":"in-progress"}', 'unknown'],
  [409, '{"code":"something new"}', 'unknown'],
  [200, '{"status":"pending review"}', 'unknown'],
  [200, '{}', 'unknown'],
  [200, 'null', 'unknown'],
  [200, '[]', 'unknown'],
  [200, '<html>a captive portal</html>', 'unknown'],
  [302, '', 'unknown'],
  [401, '{"code":"credentials-expired"}', 'unknown'],
  [403, '{"status":"declined"}', 'unknown'],
  [404, '{"code":"unknown-payment"}', 'unknown'],
  [429, '{"code":"declined"}', 'unknown'],
  [500, '{"status":"declined"}', 'unknown'],
  [502, '<h1>Bad Gateway</h1>', 'unknown'],
  [400, '{"code":"validation-failed"}', 'our mistake'],
  [422, '{"code":"amount-differs"}', 'our mistake'],
])('%i %s leaves the payment %s', async (http, body, expected) => {
  answer(http, body);
  expect(await outcome()).toBe(expected);
});

test.each([
  ['another request', { 'request-id': 'x' }],
  ['no request', { 'request-id': '' }],
])('an answer that names %s counts for nothing', async (_, headers) => {
  answer(200, '{"status":"authorised"}', headers);
  expect(await outcome()).toBe('unknown');
});

test('an answer that drips in for ever is none, and its connection is dropped', async () => {
  let dropped = 0;
  answering = (request, response) => {
    response.writeHead(200, { 'request-id': request.headers['request-id'] as string });
    const drip = setInterval(() => response.write(' '), 50);
    response.on('close', () => {
      clearInterval(drip);
      dropped++;
    });
  };
  expect(await outcome()).toBe('unknown');
  await expect.poll(() => dropped).toBe(1);
});

test('"not now" is heard also where a proxy says it in its own name', async () => {
  let asked = 0;
  answering = (_request, response) => {
    asked++;
    response.writeHead(503, { 'retry-after': '30' }).end();
  };
  await expect(provider.authorise('o', amount, 'tok')).rejects.toMatchObject({
    retryAfterMs: expect.closeTo(30_000, -3),
  });
  await expect(provider.lookUp('o')).rejects.toThrow(NoAnswer);
  expect(asked).toBe(1);
});

test('49: a provider that is slow is tried by one call at a time, after twenty without an answer, and asked by all once it is well', async () => {
  let asked = 0;
  const hangs: RequestListener = () => void asked++;
  answering = hangs;
  const ask = async (calls: number) => new Set(await Promise.all(Array.from({ length: calls }, outcome)));
  while (asked < 20) expect(await ask(2)).toEqual(new Set(['unknown']));
  const [began, before] = [performance.now(), asked];
  for (let n = 0; n < 100; n++) expect(await outcome()).toBe('unknown');
  // Not one of them waited for an answer; one may just have been the trial.
  expect(performance.now() - began).toBeLessThan(600);
  expect(asked - before).toBeLessThanOrEqual(1);
  answer(200, '{"status":"authorised"}');
  await expect.poll(outcome, { timeout: 5_000 }).toBe('authorised');
  expect(await ask(10)).toEqual(new Set(['authorised']));
});

test('one that answers with errors is there, and is not left alone for them', async () => {
  let asked = 0;
  answering = (request, response) => {
    asked++;
    response.writeHead(500, { 'request-id': request.headers['request-id'] as string }).end('{}');
  };
  for (let n = 0; n < 50; n++) expect(await outcome()).toBe('unknown');
  expect(asked).toBe(50);
});
