import { firstMap } from '@ringshop/placement';
import { expect, onTestFinished, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from '../spec/peers.ts';

test('the trace of a request to place an order goes on to its shard, and nothing else that calls itself one', async () => {
  const map = firstMap(['order-1']);
  const shard = await new Peer(({ path }, response) => {
    if (path === '/placement') json(response, 200, map);
    else json(response, 202, {});
  }).listen();
  const idp = await identityProvider();
  const gateway = await startGateway({ shards: { 'order-1': [shard.url] }, jwks: `${idp.server.url}/jwks` });
  onTestFinished(async () => {
    await gateway.stop();
    for (const peer of [shard, idp.server]) await peer.close();
  });

  const authorization = `Bearer ${await idp.token(crypto.randomUUID())}`;
  const place = (traceparent: string) =>
    fetch(`${gateway.url}/v1/orders`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'k', traceparent },
      body: JSON.stringify({
        lines: [{ sku: 'a', quantity: 1 }],
        payment: { token: 't' },
        shipTo: { name: 'n', address: 'a' },
      }),
    });
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  for (const given of [trace, 'geheim']) expect((await place(given)).status).toBe(202);
  expect(shard.received.map(({ headers }) => headers.traceparent)).toEqual([trace, undefined]);
});
