import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@ringshop/testing';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProviderProxy } from './provider-proxy.ts';

let provider: Server;
let heard: string[];
let proxy: ProviderProxy;
let client: Agent;

beforeEach(async () => {
  heard = [];
  provider = createServer(async (asked, answer) => {
    const body = Buffer.concat(await asked.toArray()).toString();
    heard.push(`${asked.method} ${asked.url} ${asked.headers['idempotency-key'] ?? '-'} ${body}`.trim());
    answer.writeHead(201, { 'content-type': 'application/json' }).end('{"status":"authorised"}');
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  proxy = await ProviderProxy.before((provider.address() as AddressInfo).port);
  client = new Agent();
});

afterEach(async () => {
  await client.destroy();
  await proxy.close();
  provider.closeAllConnections();
  provider.close();
});

const pay = () =>
  request(`http://127.0.0.1:${proxy.port}/payments/authorise`, {
    method: 'POST',
    headers: { 'idempotency-key': 'k-1' },
    body: '{"amount":1}',
    dispatcher: client,
  });

it('passes a request with its key and body, and the answer with its status', async () => {
  const answer = await pay();
  expect([answer.statusCode, await answer.body.json()]).toEqual([201, { status: 'authorised' }]);
  expect(heard).toEqual(['POST /payments/authorise k-1 {"amount":1}']);
});

it('sends a payment twice, under the same key, and answers it once', async () => {
  proxy.duplicate(0);
  const answer = await pay();
  expect(await answer.body.json()).toEqual({ status: 'authorised' });
  await eventually(() => heard.length === 2);
  expect(heard[1]).toBe(heard[0]);
  expect(proxy.counts.duplicated).toBe(1);
});

it('does not double what only reads', async () => {
  proxy.duplicate(0);
  const answer = await request(`http://127.0.0.1:${proxy.port}/payments/ledger`, { dispatcher: client });
  await answer.body.dump();
  expect(heard).toEqual(['GET /payments/ledger -']);
});

it('loses the answer to a payment that was made, until the connection is reset', async () => {
  proxy.swallow('replies');
  const answer = pay().catch((error: NodeJS.ErrnoException) => error.code);
  await eventually(() => heard.length === 1 && proxy.counts.swallowed === 1);
  proxy.cut('deaf');
  expect(await answer).toBe('ECONNRESET');
});

it('loses a payment on its way', async () => {
  proxy.swallow('requests');
  const answer = pay().catch((error: NodeJS.ErrnoException) => error.code);
  await eventually(() => proxy.counts.swallowed === 1);
  proxy.cut();
  expect(await answer).toBe('ECONNRESET');
  expect(heard).toEqual([]);
});
