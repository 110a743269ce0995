import { styleText } from 'node:util';
import { loadsOf, type PlacementMap, slotCount } from '@ringshop/placement';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { openDatabases, type Shard } from './databases.ts';
import { newestMap } from './newest-map.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run shards -- status [--json]

Shows the ring: its members, how many slots each one owns by the map and by its own database, and its orders.
Ends with 1 when a shard's word differs from the map.`;

interface ShardStatus {
  shard: string;
  slots: number;
  /** Of all slots, in per cent. */
  share: number;
  /** Slots that the shard's database says it owns, and the map says so too. */
  agreed: number;
  /** Slots of which only one of them says so. */
  disputed: number;
  orders: number;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { json: { type: 'boolean' } });
  if (positionals.join() !== 'status') throw new CommandFailed('usage: shards -- status');
  const databases = await openDatabases((await findSystem()).postgres);
  try {
    const map = await newestMap(databases.placement);
    const shards = await Promise.all(databases.shards.map((shard) => statusOf(shard, map)));
    const missing = map.members.filter((member) => !shards.some(({ shard }) => shard === member));
    if (missing.length > 0) throw new CommandFailed(`the map names ${missing.join(', ')}, which have no database`);
    if (values.json) console.log(JSON.stringify({ epoch: map.epoch, slots: slotCount, shards }, null, 2));
    else print(map, shards);
    return shards.some(({ disputed }) => disputed > 0) ? 1 : 0;
  } finally {
    await databases.close();
  }
}

async function statusOf({ name, database }: Shard, map: PlacementMap): Promise<ShardStatus> {
  const owned = await database.rows<{ slot: number }>('SELECT slot FROM owned_slots');
  const [count] = await database.rows<{ orders: number }>('SELECT count(*)::int AS orders FROM orders');
  const slots = loadsOf(map).get(name) ?? 0;
  const agreed = owned.filter(({ slot }) => map.slots[slot] === name).length;
  return {
    shard: name,
    slots,
    share: Math.round((slots / slotCount) * 1000) / 10,
    agreed,
    disputed: slots + owned.length - 2 * agreed,
    orders: count!.orders,
  };
}

function print(map: PlacementMap, shards: ShardStatus[]): void {
  console.log(`epoch ${map.epoch}, ${slotCount} slots on ${map.members.length} shards\n`);
  const rows = shards.map(({ shard, slots, share, agreed, disputed, orders }) => [
    shard,
    slots,
    `${share.toFixed(1)} %`,
    disputed === 0 ? styleText('green', `✓ ${agreed} owned`) : styleText('red', `✗ ${disputed} disputed`),
    orders,
  ]);
  console.log(table(['shard', 'slots', 'share', 'its own word', 'orders'], rows));
}

await runCommand('shards', main);
