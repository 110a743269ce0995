import { firstMap } from '@ringshop/placement';
import { afterEach, expect, test } from 'vitest';
import { json, Peer } from '../spec/peers.ts';
import { ReplicaSet } from '../upstream/replica-set.ts';
import { Placement } from './placement.ts';
import { Shards } from './shards.ts';

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** Two shards, which both know of the map as it is now and own what it says. */
async function shop() {
  const map = firstMap(['order-1', 'order-2']);
  const peers = await Promise.all(
    map.members.map((name) =>
      new Peer(({ path }, response) => {
        if (path === '/placement') return json(response, 200, map);
        if (map.slots[0] !== name) return json(response, 421, { code: 'misdirected', epoch: map.epoch });
        json(response, 200, { name });
      }).listen(),
    ),
  );
  const sets = peers.map(({ url }, n) => new ReplicaSet(map.members[n]!, [url], { timeoutMs: 500, maxInFlight: 10 }));
  opened.push(...peers, ...sets);
  const placement = new Placement(new Map(sets.map((set, n) => [map.members[n]!, set])));
  await placement.load(0);
  return { map, peers: peers as [Peer, Peer], shards: new Shards(placement) };
}

test('43: the map is learned from the shard that knows of the move, while another one is stuck', async () => {
  const { map, peers, shards } = await shop();
  const ask = async () => (await shards.send(0, { method: 'GET', path: '/orders' })).body;
  const [before, after] = map.slots[0] === 'order-1' ? ['order-1', 'order-2'] : ['order-2', 'order-1'];
  expect(await ask()).toBe(JSON.stringify({ name: before }));
  map.slots = map.slots.map(() => after!);
  map.epoch++;
  // Whichever of them would be asked first, the other one has just answered.
  const { behave } = peers[map.members.indexOf(after!)]!;
  peers[map.members.indexOf(after!)]!.behave = (request, response, raw) => {
    if (request.path !== '/placement') behave(request, response, raw);
  };
  expect(await ask()).toBe(JSON.stringify({ name: after }));
});
