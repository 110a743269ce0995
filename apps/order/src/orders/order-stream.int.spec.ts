import { promisify } from 'node:util';
import { eventually } from '@ringshop/testing';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Order } from './order.ts';
import { streamOrder } from './order-stream.ts';
import { OrderWatch } from './order-watch.ts';

describe('an event stream whose order is still being read', () => {
  /** One client of a stream that `read` holds up. */
  async function follow() {
    const { promise: order, resolve: answer } = Promise.withResolvers<Order>();
    const watch = new OrderWatch(async () => []);
    const app = fastify({ forceCloseConnections: true });
    app.get('/', (_, reply) => streamOrder(watch, 'an order', reply, 0, () => order));
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
