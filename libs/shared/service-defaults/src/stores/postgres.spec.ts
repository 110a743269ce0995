import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isTransient } from '../runtime/errors.ts';
import { createPool, type Pool } from './postgres.ts';

// A server that accepts and then says nothing: what a frozen database looks like.
const sockets = new Set<Socket>();
const silent = createServer((socket) => sockets.add(socket));
let url = '';
let pool: Pool;

beforeEach(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  // secretlint-disable-next-line -- made up
  url = `postgres://nobody:nothing@127.0.0.1:${(silent.address() as AddressInfo).port}/none`;
});
afterEach(async () => {
  await pool.end();
  for (const socket of sockets) socket.destroy();
  await new Promise((closed) => silent.close(closed));
});

test('a caller does not wait for ever for a connection', async () => {
  pool = createPool(url, { max: 1, connectTimeoutMs: 50 });
  const error = await pool.query('SELECT 1').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(isTransient(error)).toBe(true);
});

test('the queue for a connection is bounded', async () => {
  pool = createPool(url, { max: 1, maxWaiting: 3, connectTimeoutMs: 100 });
  const errors = await Promise.all(
    Array.from({ length: 10 }, () => pool.query('SELECT 1').catch((reason: Error) => reason.message)),
  );
  expect(errors.filter((message) => String(message).includes('queue')).length).toBeGreaterThanOrEqual(6);
  await expect(Promise.all(Array.from({ length: 10 }, () => pool.connect()))).rejects.toThrow('queue');
});

test('every connection carries its time-outs', () => {
  pool = createPool(url, { max: 1 });
  expect(pool.options).toMatchObject({
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
  });
});

test('a bigint is a number, or an error where it would not be exact', () => {
  pool = createPool(url, { max: 1 });
  const parse = pool.options.types!.getTypeParser(20) as (text: string) => unknown;
  expect(parse('9007199254740991')).toBe(9007199254740991);
  expect(() => parse('9007199254740993')).toThrow(RangeError);
});
