import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { Controller, Get, HttpException, Module, Post } from '@nestjs/common';
import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '../http/problem.ts';
import { RetriableError } from '../runtime/errors.ts';
import { Health } from './health.ts';
import { type Service, start, startService } from './service.ts';
import { Shutdown } from './shutdown.ts';

@Controller()
class Shop {
  @Get('slow')
  async slow() {
    await after(200);
    return { slow: true };
  }
  @Get('problem')
  problem() {
    throw new Problem('validation-failed', { errors: [{ field: 'lines.0.sku', message: 'must be text' }] });
  }
  @Get('unknown')
  unknown() {
    throw new Error('SELECT geheim FROM orders -- PostgreSQL 18');
  }
  @Get('transient')
  transient() {
    throw new RetriableError('lock is taken');
  }
  @Get('nest')
  nest() {
    throw new HttpException('geheim', 403);
  }
  @Post('body')
  body() {
    return {};
  }
}

@Module({ controllers: [Shop] })
class ShopModule {}

@Module({})
class OperatorModule {}

const config = { NAME: 'shop', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' };
let service: Service | undefined;

afterEach(async () => {
  await service?.stop();
  service = undefined;
  vi.restoreAllMocks();
});

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(service!.url + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

test('probes tell reasons, and metrics are served', async () => {
  const health = new Health();
  let reason: string | undefined;
  health.register('consumer', { live: () => reason, note: () => 'on one leg' });
  service = await start({ config, module: ShopModule, health });
  const green = await get('/health/ready');
  expect(green.status).toBe(200);
  const notes = [{ part: 'consumer', reason: 'on one leg' }];
  expect(JSON.parse(green.text)).toEqual({ status: 'ok', reasons: [], notes });
  reason = 'crashed';
  const red = await get('/health/live');
  expect(red.status).toBe(503);
  expect(JSON.parse(red.text)).toEqual({ status: 'unavailable', reasons: [{ part: 'consumer', reason: 'crashed' }] });
  expect((await get('/metrics')).text).toContain('process_cpu_seconds_total');
});

test('metrics are on the operator listener only where there is one', async () => {
  service = await start({
    config,
    module: ShopModule,
    operator: { module: OperatorModule, HOST: '127.0.0.1', PORT: 0 },
  });
  expect((await get('/metrics')).status).toBe(404);
  expect((await fetch(`${service.operatorUrl}/metrics`)).status).toBe(200);
  expect((await fetch(`${service.operatorUrl}/health/ready`)).status).toBe(200);
  expect((await fetch(`${service.operatorUrl}/slow`)).status).toBe(404);
});

test.each([
  ['/problem', {}, 400, 'validation-failed'],
  ['/unknown', {}, 500, 'internal-error'],
  ['/transient', {}, 503, 'overloaded'],
  ['/nest', {}, 403, 'forbidden'],
  ['/no-such-route', {}, 404, 'not-found'],
  ['/no-such-route', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }, 404, 'not-found'],
  ['/no-such-route', { method: 'PUT', body: 'geheim' }, 404, 'not-found'],
  ['/body', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }, 400, 'validation-failed'],
  ['/body', { method: 'POST', body: 'x', headers: { 'content-type': 'text/xml' } }, 400, 'validation-failed'],
  ['/body', { method: 'POST', body: 'geheim' }, 400, 'validation-failed'],
  ['/body', { method: 'POST', body: new URLSearchParams({ a: 'geheim' }) }, 400, 'validation-failed'],
  ['/%ZZgeheim', {}, 400, 'validation-failed'],
  [
    '/body',
    { method: 'POST', body: 'x'.repeat(1e5), headers: { 'content-type': 'application/json' } },
    413,
    'too-large',
  ],
])('%s %j is a problem %i %s that tells nothing of the inside', async (path, init, status, code) => {
  service = await start({ config, module: ShopModule, fastify: { bodyLimit: 50_000 } });
  const answer = await get(path, init);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(answer.text)).toMatchObject({ status, code, type: `urn:ringshop:problem:${code}` });
  expect(answer.text).not.toMatch(/geheim|SELECT|Postgres|stack|at /);
  if (status === 503) expect(answer.headers.get('retry-after')).toBe('1');
});

test('a request that Node cannot read is answered with a problem', async () => {
  service = await start({ config, module: ShopModule });
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
  socket.end('GET / HTTP/1.1\r\ngeheim geheim: \x01\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [string];
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'validation-failed' });
  expect(answer).not.toContain('geheim');
});

test('a stop lets the request in flight finish, refuses new connections, and then stops the rest', async () => {
  const shutdown = new Shutdown();
  const log: string[] = [];
  shutdown.register('relay', 'relay', () => void log.push('relay'));
  service = await start({ config, module: ShopModule, shutdown });
  const { url, health, stop } = service;
  const inFlight = fetch(`${url}/slow`).then((response) => log.push(`answered ${response.status}`));
  await after(50);
  const stopped = stop();
  expect(health.ready()).toEqual([{ part: 'service', reason: 'stopping' }]);
  await after(20);
  const late = connect(Number(new URL(url).port), '127.0.0.1');
  expect((await once(late, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
  expect(await stopped).toBe(true);
  await inFlight;
  expect(log).toEqual(['answered 200', 'relay']);
});

test('an open connection that idles does not hold up the stop', async () => {
  service = await start({ config, module: ShopModule });
  const idle = connect(Number(new URL(service.url).port), '127.0.0.1');
  await once(idle, 'connect');
  const begin = performance.now();
  expect(await service.stop()).toBe(true);
  expect(performance.now() - begin).toBeLessThan(2_000);
  idle.destroy();
});

test('a refused start is one line on standard error and exit code 1, and closes what was open', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const shutdown = new Shutdown();
  let closed = false;
  shutdown.register('pools', 'pool', () => {
    closed = true;
  });
  const configure = () => {
    throw new Error('topic inventory.commands\nis missing', { cause: new Error('redis://:geheim@host') });
  };
  await startService({ config, module: ShopModule, shutdown, configure });
  expect(stderr.mock.calls).toEqual([['shop cannot start: topic inventory.commands is missing: redis://***@host\n']]);
  expect(exit).toHaveBeenCalledWith(1);
  expect(closed).toBe(true);
});

test('a service that is dead for good stops in order, and ends with code 70', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  // Signals are for the process of the tests.
  vi.spyOn(process, 'on').mockReturnThis();
  const health = new Health();
  const shutdown = new Shutdown();
  let stopped = false;
  shutdown.register('pools', 'pool', () => {
    stopped = true;
  });
  const dying = { ...config, LIVENESS_GRACE_MS: 50 };
  service = await startService({ config: dying, module: ShopModule, health, shutdown });
  health.register('consumer', { live: () => 'the consumer died' });
  expect((await get('/health/live')).status).toBe(503);
  await vi.waitFor(() => expect(exit).toHaveBeenCalled());
  expect(exit.mock.calls).toEqual([[70]]);
  const line = 'shop was dead (consumer: the consumer died) and has ended, to be started again\n';
  expect(stderr.mock.calls).toEqual([[line]]);
  expect(stopped).toBe(true);
});

test('a port in use is a refused start', async () => {
  service = await start({ config, module: ShopModule });
  const taken = { ...config, PORT: Number(new URL(service.url).port) };
  await expect(start({ config: taken, module: ShopModule })).rejects.toThrow('EADDRINUSE');
});
