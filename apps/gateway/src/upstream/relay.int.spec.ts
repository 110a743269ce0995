import { PassThrough } from 'node:stream';
import { createLogger, Shutdown } from '@ringshop/service-defaults';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { relayStream } from './relay.ts';

let app: FastifyInstance;
afterEach(() => app.close());

const begin = (shutdown: Shutdown) => shutdown.run(createLogger('test', 'silent'), 1_000);

/** A client of a stream that its shard keeps open. */
async function follow(shutdown: Shutdown, status = 200) {
  const body = new PassThrough();
  body.write('data: 1\n\n');
  app = fastify({ forceCloseConnections: true });
  app.get('/', async (_request, reply) => {
    relayStream(reply, { status, headers: { 'content-type': 'text/event-stream' }, body }, shutdown);
  });
  return { body, response: await fetch(await app.listen({ port: 0, host: '127.0.0.1' })) };
}

test('a stream ends in order when the gateway stops', async () => {
  const shutdown = new Shutdown();
  const { body, response } = await follow(shutdown);
  await begin(shutdown);
  expect(await response.text()).toBe('data: 1\n\n');
  await expect.poll(() => body.destroyed).toBe(true);
});

test('a stream that begins while the gateway stops does not keep it from ending', async () => {
  const shutdown = new Shutdown();
  await begin(shutdown);
  const { body, response } = await follow(shutdown);
  expect(response.status).toBe(200);
  await response.text();
  await expect.poll(() => body.destroyed).toBe(true);
});

test('a refusal that comes while the gateway stops is told', async () => {
  const shutdown = new Shutdown();
  await begin(shutdown);
  const { body, response } = await follow(shutdown, 429);
  body.end('too many');
  expect(await response.text()).toBe('data: 1\n\ntoo many');
});
