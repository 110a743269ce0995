import { registry } from '@ringshop/service-defaults';
import { afterEach, expect, test } from 'vitest';
import { type Behave, json, Peer } from '../spec/peers.ts';
import { ReplicaSet } from './replica-set.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function replicas(...behaviours: Behave[]) {
  const peers = await Promise.all(behaviours.map((behave) => new Peer(behave).listen()));
  const set = new ReplicaSet(
    'order-1',
    peers.map(({ url }) => url),
    { timeoutMs: 300, maxInFlight: 10 },
  );
  opened.push(...peers, set);
  return { peers: peers as [Peer, Peer], set };
}

async function unreachable(): Promise<number> {
  const { values } = (await registry.getSingleMetric('gateway_upstream_failures_total')?.get()) ?? { values: [] };
  return values.find(({ labels }) => labels.kind === 'unreachable')?.value ?? 0;
}

const answers: Behave = (_request, response) => json(response, 200, { ok: true });
const hangs: Behave = () => undefined;
const hangsUp: Behave = (_request, response) => response.destroy();
const get = { method: 'GET', path: '/x' } as const;

test('the replica with the fewest requests in flight is asked', async () => {
  const { peers, set } = await replicas(
    (_request, response) => void setTimeout(() => json(response, 200, {}), 100),
    answers,
  );
  await Promise.all(Array.from({ length: 4 }, () => set.send(get)));
  for (let again = 0; again < 3; again++) await set.send(get);
  expect(Math.abs(peers[0].received.length - peers[1].received.length)).toBeLessThanOrEqual(3);
  const slow = set.send(get);
  for (let again = 0; again < 3; again++) expect((await set.send(get)).status).toBe(200);
  await slow;
});

test('a replica that is down costs nothing while another one is up', async () => {
  const { peers, set } = await replicas(answers, answers);
  await peers[0].close();
  opened.splice(opened.indexOf(peers[0]), 1);
  const before = await unreachable();
  for (let request = 0; request < 20; request++) expect((await set.send(get)).status).toBe(200);
  expect(peers[1].received).toHaveLength(20);
  // Found out once, not by every request: in a container network each time would cost a second.
  expect((await unreachable()) - before).toBeLessThanOrEqual(3);
});

test('a replica that hangs up is left for another one, with the same key and body', async () => {
  const { peers, set } = await replicas(hangsUp, answers);
  const order = { method: 'POST', path: '/orders', headers: ['idempotency-key', 'k'], body: '{}' } as const;
  for (let request = 0; request < 4; request++) {
    expect((await set.send({ ...order, headers: [...order.headers] })).status).toBe(200);
  }
  expect(peers[1].received.every(({ headers, body }) => headers['idempotency-key'] === 'k' && body === '{}')).toBe(
    true,
  );
});

test('an answer that was held back and then lost is asked for again, and held for what is left of the wait', async () => {
  let asked = 0;
  const diesHolding: Behave = (request, response, raw) =>
    ++asked > 1 ? answers(request, response, raw) : void setTimeout(() => response.destroy(), 1_100);
  const { peers, set } = await replicas(diesHolding, diesHolding);
  const headers = ['idempotency-key', 'k'];
  expect(await set.send({ method: 'POST', path: '/orders', headers, body: '{}', holdMs: 3_000 })).toMatchObject({
    status: 200,
  });
  const received = peers.flatMap((peer) => peer.received).map((request) => request.headers.prefer);
  expect(received.sort()).toEqual(['wait=2', 'wait=3']);
});

test('when all are down it is a 503 at once, and works again when one is back', async () => {
  const { peers, set } = await replicas(answers);
  await set.send(get);
  const { port } = peers[0];
  await peers[0].close();
  opened.splice(opened.indexOf(peers[0]), 1);
  await expect(set.send(get)).rejects.toMatchObject({ code: 'shard-unavailable', headers: { 'retry-after': '1' } });
  const begin = performance.now();
  await expect(set.send(get)).rejects.toMatchObject({ status: 503 });
  expect(performance.now() - begin).toBeLessThan(50);
  opened.push(await new Peer(answers).listen(port));
  await expect
    .poll(
      () =>
        set.send(get).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 2_000 },
    )
    .toBe(200);
});

test('when all are down, a gateway that is too busy to hear it at once asks each of them once all the same', async () => {
  const { peers, set } = await replicas(answers, answers);
  for (const peer of peers) await peer.close();
  opened.splice(0, 2);
  const before = await unreachable();
  let isBusy = true;
  const work = () => {
    for (const end = performance.now() + 30; performance.now() < end; );
    if (isBusy) setImmediate(work);
  };
  work();
  await expect(set.send(get).finally(() => (isBusy = false))).rejects.toMatchObject({ code: 'shard-unavailable' });
  expect((await unreachable()) - before).toBeLessThanOrEqual(2);
});

test('51: one that has just come back is asked when the other one goes, however short a time it has been left out', async () => {
  const { peers, set } = await replicas(answers, answers);
  const [{ port }] = peers;
  const goAway = async (peer: Peer) => {
    await peer.close();
    opened.splice(opened.indexOf(peer), 1);
  };
  await goAway(peers[0]);
  for (let n = 0; n < 4; n++) expect((await set.send(get)).status).toBe(200);
  opened.push(await new Peer(answers).listen(port));
  const leftOut = performance.now();
  await expect.poll(() => performance.now() - leftOut, { interval: 5 }).toBeGreaterThan(40);
  await goAway(peers[1]);
  for (let n = 0; n < 4; n++) expect((await set.send(get)).status).toBe(200);
});

test('51: one that was left out for its answers is asked when the other one goes', async () => {
  let starting = true;
  const { peers, set } = await replicas(
    (...exchanged) => (starting ? json(exchanged[1], 503, { code: 'shard-unavailable' }) : answers(...exchanged)),
    answers,
  );
  for (let n = 0; n < 12; n++) expect((await set.send(get)).status).toBe(200);
  expect(peers[0].received.length).toBe(5);
  starting = false;
  await peers[1].close();
  opened.splice(opened.indexOf(peers[1]), 1);
  for (let n = 0; n < 4; n++) expect((await set.send(get)).status).toBe(200);
});

test('51: what one that stops has lost is asked of the one that was left out, and not of the same once more', async () => {
  let stopping = false;
  const { peers, set } = await replicas(
    (...exchanged) => (stopping ? answers(...exchanged) : json(exchanged[1], 503, { code: 'shard-unavailable' })),
    (...exchanged) => (stopping ? hangsUp(...exchanged) : answers(...exchanged)),
  );
  for (let n = 0; n < 12; n++) expect((await set.send(get)).status).toBe(200);
  stopping = true;
  const before = peers[1].received.length;
  expect((await set.send(get)).status).toBe(200);
  expect(peers[1].received.length).toBe(before + 1);
});

test('the question for the map is asked of what cannot be reached, and holds nothing against it', async () => {
  const { peers, set } = await replicas(answers);
  const { port } = peers[0];
  await peers[0].close();
  opened.splice(opened.indexOf(peers[0]), 1);
  await expect(set.probe('/placement')).rejects.toMatchObject({ code: 'shard-unavailable' });
  opened.push(await new Peer(answers).listen(port));
  expect((await set.probe('/placement')).status).toBe(200);
  expect((await set.send(get)).status).toBe(200);
});

test('a connection that the replica has closed meanwhile is not an error', async () => {
  let first = true;
  const { set } = await replicas((request, response) => {
    if (first) return answers(request, response, undefined as never);
    first = true;
    response.destroy();
  });
  await set.send(get);
  first = false;
  expect((await set.send(get)).status).toBe(200);
});

test('what takes too long is a 504 and is asked once only', async () => {
  const { peers, set } = await replicas(hangs, hangs);
  await expect(set.send(get)).rejects.toMatchObject({ code: 'deadline-exceeded', status: 504 });
  expect(peers[0].received.length + peers[1].received.length).toBe(1);
});

test('beyond its bound it is overloaded, without queueing', async () => {
  const { set } = await replicas(hangs);
  const write = { ...get, work: 'write' } as const;
  const open = Array.from({ length: 10 }, () => set.send(write).catch((error: { code: string }) => error.code));
  await expect(set.send(write)).rejects.toMatchObject({ code: 'overloaded', status: 503 });
  expect(new Set(await Promise.all(open))).toEqual(new Set(['deadline-exceeded']));
});
