import type { Shutdown } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { json, Peer } from '../spec/peers.ts';
import { exchange, StopBegan } from './exchange.ts';

const left = { workMs: 1_000, holdMs: 1_000, answerMs: 2_000 };
const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** Of a shutdown, what waits for its begin. */
function stopping() {
  const waiting = new Set<() => void>();
  const onBegin = (callback: () => void) => {
    waiting.add(callback);
    return () => void waiting.delete(callback);
  };
  return { waiting, shutdown: { onBegin } as unknown as Shutdown };
}

async function poolOf(peer: Peer) {
  await peer.listen();
  const pool = new Pool(peer.url);
  ended.push(
    () => pool.destroy(),
    () => peer.close(),
  );
  return pool;
}

test('an answer that is held back ends when the stop begins', async () => {
  const { waiting, shutdown } = stopping();
  const pool = await poolOf(new Peer(() => void queueMicrotask(() => waiting.forEach((stop) => void stop()))));
  await expect(exchange(pool, { method: 'POST', path: '/', shutdown }, left)).rejects.toThrow(StopBegan);
  expect(waiting.size).toBe(0);
});

test('nothing is left behind for the stop, of an answer that came and of a client that was gone before it was asked', async () => {
  const { waiting, shutdown } = stopping();
  const pool = await poolOf(new Peer((_request, response) => json(response, 200, {})));
  await exchange(pool, { method: 'GET', path: '/', shutdown }, left);
  const client = { gone: new Error('the client hung up'), onGone: undefined };
  await expect(exchange(pool, { method: 'GET', path: '/', shutdown, client }, left)).rejects.toThrow('hung up');
  expect([waiting.size, client.onGone]).toEqual([0, undefined]);
});
