import { firstMap, slotOf } from '@ringshop/placement';
import type { Service } from '@ringshop/service-defaults';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from '../spec/peers.ts';

const map = firstMap(['order-1', 'order-2']);
let peers: Peer[];
let idp: Awaited<ReturnType<typeof identityProvider>>;
let gateway: Service;

beforeAll(async () => {
  const shard = () =>
    new Peer(({ path }, response) => json(response, 200, path === '/placement' ? map : { path })).listen();
  [idp, peers] = await Promise.all([identityProvider(), Promise.all([shard(), shard()])]);
  const [one, two] = peers.map(({ url }) => [url]);
  gateway = await startGateway({ shards: { 'order-1': one!, 'order-2': two! }, jwks: `${idp.server.url}/jwks` });
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [...peers, idp.server]) await peer.close();
});

async function call(method: string, path: string, role: string, base = gateway.operatorUrl) {
  const authorization = `Bearer ${await idp.token(crypto.randomUUID(), { role })}`;
  const answer = await fetch(base + path, { method, headers: { authorization } });
  return { status: answer.status, body: await answer.json() };
}

test('a customer is erased by an operator only, on the operator listener only, at the shard of the customer', async () => {
  const customer = crypto.randomUUID();
  const owner = peers[map.slots[slotOf(customer)] === 'order-1' ? 0 : 1]!;
  const erase = (id: string, role: string, base?: string) => call('POST', `/v1/customers/${id}/erase`, role, base);
  expect((await erase(customer, 'customer')).status).toBe(403);
  expect((await erase(customer, 'operator', gateway.url)).status).toBe(404);
  expect((await erase('nobody', 'operator')).status).toBe(400);
  expect(peers.flatMap(({ received }) => received)).toEqual([]);
  expect((await erase(customer.toUpperCase(), 'operator')).status).toBe(200);
  expect(owner.received.map(({ path }) => path)).toEqual([`/customers/${customer}/erase`]);
});

test('every replica is asked for its keys, and one that gives no answer is told with the others', async () => {
  const ask = (role: string, query = '') => call('GET', `/v1/keys/personal-data${query}`, role);
  expect((await ask('customer')).status).toBe(403);
  expect((await ask('operator', '?settled=perhaps')).status).toBe(400);
  peers[1]!.behave = (_request, response) => json(response, 500, {});
  expect((await ask('operator', '?settled=true')).body).toEqual({
    replicas: [
      { shard: 'order-1', url: peers[0]!.url, said: { path: '/keys/personal-data?settled=true' } },
      { shard: 'order-2', url: peers[1]!.url, error: 'answered 500' },
    ],
  });
});
