import { Problem } from '@ringshop/service-defaults';
import { afterEach, describe, expect, test } from 'vitest';
import { type Behave, json, Peer } from '../spec/peers.ts';
import type { UpstreamRequest } from './exchange.ts';
import { ReplicaSet } from './replica-set.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function replicas(behaviours: Behave[], options: { timeoutMs?: number; maxInFlight?: number } = {}) {
  const peers = await Promise.all(behaviours.map((behave) => new Peer(behave).listen()));
  const urls = peers.map(({ url }) => url);
  const set = new ReplicaSet('order-1', urls, { timeoutMs: 200, maxInFlight: 100, ...options });
  opened.push(...peers, set);
  return { peers: peers as [Peer, Peer], set };
}

const answers: Behave = (_request, response) => json(response, 200, {});
const hangs: Behave = () => undefined;
const hangsUp: Behave = (_request, response) => response.destroy();
const isAway: Behave = (_request, response) => json(response, 503, { code: 'shard-unavailable' });
const isFull: Behave = (_request, response) => json(response, 503, { code: 'overloaded' }, { 'retry-after': '1' });
const get = { method: 'GET', path: '/x', work: 'read' } as const;

const outcome = (set: ReplicaSet, request: Parameters<ReplicaSet['send']>[0] = get): Promise<string> =>
  set.send(request).then(
    ({ status }) => String(status),
    (error: { code: string }) => error.code,
  );

describe('49: a shard that is slow', () => {
  test('is asked by few, while all others are told at once, and again when it is well', async () => {
    const { peers, set } = await replicas([hangs]);
    const first = await Promise.all(Array.from({ length: 5 }, () => outcome(set)));
    expect(new Set(first)).toEqual(new Set(['deadline-exceeded']));
    const began = performance.now();
    const rest: string[] = [];
    for (let n = 0; n < 500; n++) rest.push(await outcome(set));
    expect(new Set(rest)).toEqual(new Set(['shard-unavailable']));
    expect(performance.now() - began).toBeLessThan(500);
    // No time-out is asked again: it may still be under way.
    expect(peers[0].received).toHaveLength(5);
    peers[0].behave = answers;
    await expect.poll(() => outcome(set), { timeout: 5_000 }).toBe('200');
    expect(await outcome(set)).toBe('200');
  });

  test('says when to come back, and is tried by one at a time meanwhile', async () => {
    const { peers, set } = await replicas([hangs]);
    await Promise.all(Array.from({ length: 5 }, () => outcome(set)));
    await expect(set.send(get)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    await expect.poll(() => outcome(set).then(() => peers[0].received.length), { timeout: 5_000 }).toBe(6);
    const together = await Promise.all(Array.from({ length: 20 }, () => outcome(set)));
    expect(together).toEqual(together.map(() => 'shard-unavailable'));
  });

  test('is not given up because of clients in a hurry', async () => {
    const { set } = await replicas([(_request, response) => void setTimeout(() => json(response, 200, {}), 100)]);
    const hurried = Array.from({ length: 20 }, () => outcome(set, { ...get, withinMs: 20 }));
    expect(new Set(await Promise.all(hurried))).toEqual(new Set(['deadline-exceeded']));
    expect(await outcome(set)).toBe('200');
  });
});

test('47: a shard whose database is away is left alone, and one that is only full is not', async () => {
  const { peers, set } = await replicas([isAway]);
  for (let n = 0; n < 100; n++) expect(['503', 'shard-unavailable']).toContain(await outcome(set));
  expect(peers[0].received).toHaveLength(5);
  const full = await replicas([isFull]);
  for (let n = 0; n < 100; n++) expect(await outcome(full.set)).toBe('503');
  expect(full.peers[0].received).toHaveLength(100);
});

describe('48: a crowd of orders for a shard that is full', () => {
  const place: UpstreamRequest = { method: 'POST', path: '/orders', work: 'write', headers: ['idempotency-key', 'k'] };

  test('is refused here, and not one by one there', async () => {
    const { peers, set } = await replicas([isFull, isFull]);
    const began = performance.now();
    const told: { status: number; code?: string }[] = [];
    for (let n = 0; n < 1_000; n++) told.push(await set.send(place).catch((error: Problem) => error));
    const elapsedMs = performance.now() - began;
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([503]));
    const refusedHere = told.filter((answer) => answer instanceof Problem);
    expect(new Set(refusedHere.map(({ code }) => code))).toEqual(new Set(['overloaded']));
    expect(refusedHere[0]!.headers).toEqual({ 'retry-after': '1' });
    // Both have to say so before it is known, and again after a tenth of a second.
    const asked = peers[0].received.length + peers[1].received.length;
    expect(asked).toBeLessThanOrEqual(2 + elapsedMs / 10 + elapsedMs / 100);
    expect(await outcome(set, { ...place, path: '/orders/1/cancel' }), 'a cancel is asked').toBe('503');
    const again = { ...place, headers: [...place.headers!, 'x-asked-before', '1'] };
    for (let n = 0; n < 10; n++) expect(await outcome(set, again), 'and what was let in before').toBe('503');
    peers[0].behave = answers;
    await expect.poll(() => outcome(set, place)).toBe('200');
  });

  test('is let in by the replica that has room', async () => {
    const { set } = await replicas([isFull, answers]);
    const told = new Set<string>();
    for (let n = 0; n < 100; n++) told.add(await outcome(set, place));
    expect(told).not.toContain('overloaded');
  });

  test('is let in by a replica that refuses nothing but lists', async () => {
    const noLists: Behave = (request, ...rest) => (request.method === 'GET' ? isFull : answers)(request, ...rest);
    const { peers, set } = await replicas([noLists, isFull]);
    for (let n = 0; n < 100; n++) {
      await outcome(set);
      expect(['503', '200']).toContain(await outcome(set, place));
    }
    expect(peers[0].received.some(({ method }) => method === 'POST')).toBe(true);
  });
});

describe('replicas', () => {
  test('one that fails at once, and so has always the least to do, does not get all requests for it', async () => {
    const { peers, set } = await replicas([isAway, answers]);
    for (let n = 0; n < 100; n++) expect(await outcome(set)).toBe('200');
    expect(peers[0].received.length).toBeLessThanOrEqual(6);
    peers[0].behave = answers;
    await expect.poll(() => outcome(set).then(() => peers[0].received.length), { timeout: 5_000 }).toBeGreaterThan(6);
  });

  test('never more than half of them are left out for failing', async () => {
    const { peers, set } = await replicas([isAway, answers, isAway]);
    for (let n = 0; n < 150; n++) await outcome(set);
    // The one that may not be left out goes on being asked, and what it says is made good by the second.
    const asked = [peers.at(0), peers.at(2)].map((peer) => peer!.received.length);
    expect(Math.min(...asked)).toBeLessThanOrEqual(7);
    expect(Math.max(...asked)).toBeGreaterThan(20);
  });
});

describe('a replica that refuses at once, and so has always the least to do', () => {
  const works: Behave = (_request, response) => void setTimeout(() => json(response, 200, {}), 5);
  /** As many clients, each with one request after another. */
  const ask = async (set: ReplicaSet, request: UpstreamRequest) => {
    const client = async () => {
      const told: string[] = [];
      for (let n = 0; n < 20; n++) told.push(await outcome(set, request));
      return told;
    };
    return (await Promise.all(Array.from({ length: 10 }, client))).flat();
  };

  test('because it is full does not draw the requests that another one has room for', async () => {
    const { peers, set } = await replicas([isFull, works]);
    const told = await ask(set, get);
    expect(told.filter((what) => what === '503').length).toBeLessThan(told.length / 4);
    peers[1].behave = isFull;
    expect(await outcome(set), 'with all of them full one is asked all the same').toBe('503');
  });

  test('because it does not believe the gateway is left out, and its requests are for another one', async () => {
    const disbelieves: Behave = (_request, response) => json(response, 401, { code: 'unauthenticated' });
    const { peers, set } = await replicas([disbelieves, works]);
    expect(new Set(await ask(set, get))).toEqual(new Set(['200']));
    expect(peers[0].received.length).toBeLessThan(20);
    peers[1].behave = disbelieves;
    for (let n = 0; n < 20; n++) expect(await outcome(set), 'nobody is away').toBe('401');
  });
});

describe('asking once more', () => {
  test('adds a tenth to the load and not more, however much fails', async () => {
    let count = 0;
    const { peers, set } = await replicas([
      (request, response, raw) => (++count % 2 === 0 ? answers : hangsUp)(request, response, raw),
    ]);
    const began = performance.now();
    const [asked, seconds] = [1_000, () => (performance.now() - began) / 1_000];
    for (let n = 0; n < asked; n++) await outcome(set);
    expect(peers[0].received.length).toBeGreaterThan(asked);
    expect(peers[0].received.length).toBeLessThanOrEqual(asked * 1.1 + 10 + 10 * seconds());
  });

  test('is for what may be done twice, once only, and within the time of the first', async () => {
    const { peers, set } = await replicas([hangsUp]);
    const post = { method: 'POST', path: '/orders' } as const;
    expect(await outcome(set, { ...post, headers: ['x-principal', 'p'] })).toBe('shard-unavailable');
    expect(peers[0].received).toHaveLength(1);
    expect(await outcome(set, { ...post, headers: ['idempotency-key', 'k'] })).toBe('shard-unavailable');
    const [, second, third, ...more] = peers[0].received;
    expect(more).toEqual([]);
    const left = [second, third].map((request) => Number(request!.headers['x-deadline-ms']));
    expect(left[0]).toBeLessThanOrEqual(200);
    expect(left[1]).toBeGreaterThan(0);
    expect(left[1]).toBeLessThanOrEqual(left[0]!);
  });
});

describe('too much at once', () => {
  test('is refused, lists first and orders last; what is held and what operators ask takes no place', async () => {
    const { peers, set } = await replicas([hangs], { timeoutMs: 2_000, maxInFlight: 100 });
    const held: UpstreamRequest = {
      method: 'POST',
      path: '/orders',
      work: 'write',
      headers: ['idempotency-key', 'k'],
      holdMs: 1,
    };
    const open: Promise<string>[] = Array.from({ length: 20 }, () => outcome(set, held));
    const fill = (upTo: number) => {
      while (open.length < 20 + upTo) open.push(outcome(set, { ...get, work: 'write' }));
    };
    const refused = async (work: 'list' | 'read' | 'write') => {
      const first = Promise.race([outcome(set, { ...get, work }), new Promise((turn) => setImmediate(turn, 'let in'))]);
      return (await first) === 'overloaded';
    };
    fill(60);
    expect(await refused('list')).toBe(true);
    fill(80);
    expect(await refused('read')).toBe(true);
    expect(await refused('write')).toBe(false);
    peers[0].behave = answers;
    expect(await outcome(set, { method: 'GET', path: '/operators' })).toBe('200');
    await set.close();
    await Promise.all(open);
  });
});
