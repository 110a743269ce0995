import type { PlacementMap } from '@ringshop/placement';
import { CommandFailed } from './cli.ts';
import type { Database } from './databases.ts';

export async function newestMap(placement: Database): Promise<PlacementMap> {
  const [map] = await placement.rows<PlacementMap>(
    'SELECT epoch::int, members, slots FROM placement_maps ORDER BY epoch DESC LIMIT 1',
  );
  if (!map) throw new CommandFailed('there is no placement map: run setup first');
  return map;
}
