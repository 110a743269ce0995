import { firstMap, type PlacementMap } from '@ringshop/placement';
import type { Client } from 'pg';
import { databaseOf, databaseUrl } from './databases.ts';
import { SetupRefused } from './setup-refused.ts';
import { withClient } from './with-client.ts';

/** @throws SetupRefused when the system lives on other shards than it should now. */
export async function refuseOtherShards(serverUrl: string, shards: string[]): Promise<void> {
  await withClient(databaseUrl(serverUrl, 'placement'), async (placement) => {
    const newest = await newestMap(placement);
    if (!newest || newest.members.toSorted().join() === shards.toSorted().join()) return;
    const [has, asked] = [newest.members, shards].map((members) => `${members.length} (${members.join(', ')})`);
    throw new SetupRefused(`this system has the shards ${has}, not ${asked}: a running system keeps its shards`);
  });
}

/**
 * Writes the map of epoch 1 where there is none. The map comes last: once it is there, every shard has its slots.
 * Before that no order can have been placed, so a run that died half-way is simply done again.
 */
export async function placeFirstMap(serverUrl: string, shards: string[]): Promise<boolean> {
  return withClient(databaseUrl(serverUrl, 'placement'), async (placement) => {
    if (await newestMap(placement)) return false;
    const map = firstMap(shards);
    for (const shard of shards) {
      await withClient(databaseUrl(serverUrl, databaseOf(shard)), (database) => takeSlots(database, map, shard));
    }
    await placement.query('INSERT INTO placement_maps (epoch, members, slots) VALUES ($1, $2, $3)', [
      map.epoch,
      JSON.stringify(map.members),
      JSON.stringify(map.slots),
    ]);
    return true;
  });
}

async function newestMap(placement: Client): Promise<PlacementMap | undefined> {
  const { rows } = await placement.query<PlacementMap>(
    'SELECT epoch::int, members, slots FROM placement_maps ORDER BY epoch DESC LIMIT 1',
  );
  return rows[0];
}

async function takeSlots(database: Client, map: PlacementMap, shard: string): Promise<void> {
  const slots = map.slots.flatMap((owner, slot) => (owner === shard ? [slot] : []));
  await database.query('BEGIN');
  await database.query('DELETE FROM owned_slots');
  await database.query('INSERT INTO owned_slots (slot, epoch) SELECT slot, $2 FROM unnest($1::int[]) AS slot', [
    slots,
    map.epoch,
  ]);
  await database.query('COMMIT');
}
