import { assertMigrated, type Pool } from '@ringshop/service-defaults';
import { migrations } from './migrations/index.ts';
import type { PlacementAuthority } from './placement/placement-authority.ts';

/** @throws when this replica must not start; the message is the one line that an operator needs. */
export async function checkStart(pool: Pool, authority: PlacementAuthority, shard: string): Promise<void> {
  await assertMigrated(pool, migrations);
  const { epoch, members } = await authority.newest();
  if (!members.includes(shard)) {
    throw new Error(`${shard} is no shard of the placement map of epoch ${epoch} (${members.join(', ')})`);
  }
}
