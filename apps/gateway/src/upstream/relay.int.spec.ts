import { PassThrough } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { relayStream } from './relay.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** A client of a stream that its shard keeps open. */
async function follow(stop: AbortController) {
  const body = new PassThrough();
  body.write('data: 1\n\n');
  app = fastify({ forceCloseConnections: true });
  app.get('/', async (_request, reply) => {
    relayStream(reply, { status: 200, headers: { 'content-type': 'text/event-stream' }, body }, stop.signal);
  });
  return { body, response: await fetch(await app.listen({ port: 0, host: '127.0.0.1' })) };
}

test('a stream ends in order when the gateway stops', async () => {
  const stop = new AbortController();
  const { body, response } = await follow(stop);
  stop.abort();
  expect(await response.text()).toBe('data: 1\n\n');
  await expect.poll(() => body.destroyed).toBe(true);
});

test('a stream that begins while the gateway stops does not keep it from ending', async () => {
  const stop = new AbortController();
  stop.abort();
  const { body, response } = await follow(stop);
  expect(response.status).toBe(200);
  await response.text();
  await expect.poll(() => body.destroyed).toBe(true);
});
