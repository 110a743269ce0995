import { promisify } from 'node:util';
import { eventually } from '@ringshop/testing';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Order } from '../orders/order.ts';
import { EventStreams } from './event-streams.ts';
import { OrderWatch } from './order-watch.ts';

describe('an event stream whose order is still being read', () => {
  /** One client of a stream that `read` holds up. */
  async function follow() {
    const { promise: order, resolve: answer } = Promise.withResolvers<Order>();
    const watch = new OrderWatch(async () => []);
    const streams = new EventStreams(watch, { mostOfCustomer: 1 });
    const following = { customerId: 'a customer', orderId: 'an order', lastSeen: 0, read: () => order };
    const app = fastify({ forceCloseConnections: true });
    app.get('/', (_, reply) => streams.follow(following, reply));
    const url = await app.listen({ port: 0 });
    const client = new AbortController();
    const response = fetch(url, { signal: client.signal });
    response.catch(() => undefined);
    await eventually(() => watch.watching === 1);
    return { watch, app, client, response, answer: () => answer({ version: 1, status: 'pending' } as Order) };
  }

  it('holds nothing for a client that hung up meanwhile', async () => {
    const { watch, app, client, answer } = await follow();
    client.abort();
    const connections = promisify(app.server.getConnections.bind(app.server));
    await eventually(async () => expect(await connections()).toBe(0));
    answer();
    await eventually(() => watch.watching === 0);
    await app.close();
  });

  it('ends at once when the service stops meanwhile', async () => {
    const { watch, app, response, answer } = await follow();
    watch.close();
    answer();
    await expect((await response).text()).resolves.toMatch(/^id: 1\n/);
    expect(watch.watching).toBe(0);
    await app.close();
  });
});

it('an event stream that begins while the service stops tells the order as it is, and ends', async () => {
  const watch = new OrderWatch(async () => []);
  const streams = new EventStreams(watch, { mostOfCustomer: 1 });
  const read = async () => ({ version: 1, status: 'pending' }) as Order;
  const app = fastify({ forceCloseConnections: true });
  app.get('/', (_, reply) =>
    streams.follow({ customerId: 'a customer', orderId: 'an order', lastSeen: 0, read }, reply),
  );
  const url = await app.listen({ port: 0 });
  watch.close();
  for (const _again of [1, 2]) {
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/^id: 1\ndata: .+\n\n$/)]);
  }
  await app.close();
});

it('an event stream ends with its order, whatever its client says to have seen', async () => {
  let now = { orderId: 'an order', version: 1, status: 'pending' } as Order;
  const watch = new OrderWatch(async () => [now]);
  const streams = new EventStreams(watch, { mostOfCustomer: 1 });
  const read = async () => now;
  const app = fastify({ forceCloseConnections: true });
  app.get('/', (_, reply) =>
    streams.follow({ customerId: 'a customer', orderId: 'an order', lastSeen: 999, read }, reply),
  );
  const response = await fetch(await app.listen({ port: 0 }));
  now = { ...now, version: 3, status: 'confirmed' };
  await watch.changed(['an order']);
  await expect(response.text()).resolves.toBe('');
  await app.close();
});

describe('an event stream that nothing happens to', () => {
  it('is kept open by comments, and asks the database nothing', async () => {
    let reads = 0;
    const watch = new OrderWatch(async () => {
      reads++;
      return [];
    });
    const streams = new EventStreams(watch, { mostOfCustomer: 1, heartbeatMs: 10 });
    const read = async () => ({ version: 1, status: 'pending' }) as Order;
    const app = fastify({ forceCloseConnections: true });
    app.get('/', (_, reply) =>
      streams.follow({ customerId: 'a customer', orderId: 'an order', lastSeen: 0, read }, reply),
    );
    const response = await fetch(await app.listen({ port: 0 }));
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.split(': still here\n\n').length > 5) break;
    }
    expect(text).toMatch(/^id: 1\ndata: .+\n\n(: still here\n\n)+$/);
    expect(reads).toBe(0);
    await app.close();
  });
});
