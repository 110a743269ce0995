import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Controller, Get, Module, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Service, start } from '../service/service.ts';
import { fastifyAdapter } from './http-edges.ts';

let closed: Promise<unknown>;

@Controller()
class Shop {
  @Post('echo')
  echo(@Req() { body }: FastifyRequest) {
    return { body };
  }
  @Get('events')
  events(@Res() reply: FastifyReply) {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.raw.write('data: 1\n\n');
    closed = once(reply.raw, 'close');
  }
}

@Module({ controllers: [Shop] })
class ShopModule {}

let service: Service;
const sockets: Socket[] = [];

beforeAll(async () => {
  const config = { NAME: 'shop', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' };
  const http = { headersTimeout: 100, connectionsCheckingInterval: 20 };
  const fastify = { requestTimeout: 200, connectionTimeout: 400, http };
  service = await start({ config, module: ShopModule, fastify });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => service.stop());

const open = () => {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
  sockets.push(socket);
  return socket;
};
/** Sends this and nothing more, and waits until the server hangs up. */
async function answerTo(request: string, socket = open()) {
  socket.write(request);
  const text = (await socket.toArray()).join('');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body };
}
const post = (headers: string, body: string) =>
  `POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\n${headers}\r\n${body}`;
const lines = (count: number) => Array.from({ length: count }, (_, n) => `x-${n}: 1\r\n`).join('');

test.each([
  ['a head that does not end', 'GET /echo HTTP/1.1\r\nhost: a\r\n', 408, 'request-timeout'],
  ['nothing at all', '', 408, 'request-timeout'],
  ['a body that does not end', post('content-length: 9\r\n', '{"a"'), 408, 'request-timeout'],
  ['a chunk that does not end', post('transfer-encoding: chunked\r\n', '5\r\n{"a"'), 408, 'request-timeout'],
  ['101 headers', post(`content-length: 2\r\n${lines(97)}`, '{}'), 431, 'headers-too-large'],
  ['5,000 headers', `GET /echo HTTP/1.1\r\nhost: a\r\n${lines(5_000)}`, 431, 'headers-too-large'],
  ['a header of 17 kB', post(`x: ${'geheim'.repeat(3_000)}\r\n`, ''), 431, 'headers-too-large'],
  [
    'a URL of 3 kB',
    `GET /${'geheim'.repeat(500)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    414,
    'uri-too-long',
  ],
  [
    'a query of 3 kB',
    `GET /events?${'geheim'.repeat(500)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    414,
    'uri-too-long',
  ],
  ['two lengths', post('content-length: 2\r\ncontent-length: 3\r\n', '{}'), 400, 'validation-failed'],
  [
    'a length and chunks',
    post('content-length: 2\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'),
    400,
    'validation-failed',
  ],
  ['a line break in a header', post('x: a\n b\x00\r\n', ''), 400, 'validation-failed'],
  ['an unknown method', 'GEHEIM / HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'validation-failed'],
  ['an expectation', post('expect: geheim\r\ncontent-length: 2\r\n', '{}'), 400, 'validation-failed'],
  ['no host', 'POST /echo HTTP/1.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', 400, 'validation-failed'],
  ['two hosts', post('host: geheim\r\ncontent-length: 2\r\n', '{}'), 400, 'validation-failed'],
  ['two content types', post('content-type: text/geheim\r\ncontent-length: 2\r\n', '{}'), 400, 'validation-failed'],
  [
    'JSON that is said to be packed',
    post('content-encoding: gzip\r\ncontent-length: 2\r\n', '{}'),
    400,
    'validation-failed',
  ],
  [
    'another charset',
    post('', '').replace('json\r', 'json; charset=utf-16\r').replace('\r\n\r\n', '\r\ncontent-length: 2\r\n\r\n{}'),
    400,
    'validation-failed',
  ],
])('%s is a problem, and the connection is closed', async (_what, request, status, code) => {
  const answer = await answerTo(request);
  expect([answer.status, JSON.parse(answer.body).code, JSON.parse(answer.body).status]).toEqual([status, code, status]);
  expect(answer.head).toMatch(/content-type: application\/problem\+json/i);
  expect(answer.head + answer.body).not.toContain('geheim');
});

test('a content type that is none is named, and so is one too many', async () => {
  for (const types of ['content-type: text/plain\r\n', 'content-type: ,\r\n', 'content-type: application/json\r\n']) {
    const { status, body } = await answerTo(post(`${types}content-length: 2\r\n`, '{}'));
    expect([status, JSON.parse(body).errors]).toEqual([
      400,
      [{ field: 'content-type', message: 'must be application/json' }],
    ]);
  }
});

test('HTTP/1.0 needs no host', async () => {
  const { status } = await answerTo(post('content-length: 2\r\n', '{}').replace('1.1\r\nhost: a', '1.0'));
  expect(status).toBe(201);
});

test('a body that trickles in is cut when its time is over, however often something comes', async () => {
  const socket = open();
  const trickle = setInterval(() => socket.writable && socket.write(' '), 10);
  const answer = await answerTo(post('content-length: 60000\r\n', '{'), socket);
  clearInterval(trickle);
  expect(answer.status).toBe(408);
});

test('100 headers and a URL of 2 kB are taken', async () => {
  const { status } = await answerTo(
    post(`content-length: 2\r\n${lines(96)}`, '{}').replace('/echo', `/echo?${'a'.repeat(2_042)}`),
  );
  expect(status).toBe(201);
});

test.each(['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
  '%s is taken, and the body is there as it was read and written anew',
  async (type) => {
    const init = { method: 'POST', headers: { 'content-type': type }, body: '{ "a": "ü" }' };
    expect(await (await fetch(`${service.url}/echo`, init)).json()).toEqual({ body: { a: 'ü' } });
  },
);

test('a stream that is under way is cut, and not answered once more, when its client sends rubbish', async () => {
  const socket = open();
  socket.write('GET /events HTTP/1.1\r\nhost: a\r\n\r\n');
  await once(socket, 'data');
  socket.write('rubbish\r\n\r\n');
  expect((await socket.toArray()).join('')).toBe('');
  await closed;
});

test('who does not read is cut', async () => {
  const socket = open();
  socket.write('GET /events HTTP/1.1\r\nhost: a\r\n\r\n');
  await once(socket, 'data');
  await closed;
});

test('the times and limits of a service that says nothing of its own', () => {
  const { requestTimeout, headersTimeout, timeout, maxHeadersCount } = fastifyAdapter().getInstance().server;
  const own = { requestTimeout, headersTimeout, timeout, maxHeadersCount };
  expect(own).toEqual({ requestTimeout: 15_000, headersTimeout: 10_000, timeout: 60_000, maxHeadersCount: 101 });
});
