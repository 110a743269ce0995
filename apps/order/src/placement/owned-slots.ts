import type { Tx } from '@ringshop/messaging';

/**
 * Which of `slots` this shard owns, locked until the transaction ends.
 *
 * The shared lock is what makes a stale map harmless: a slot cannot be taken from this shard while a write to it is
 * under way, and once it is taken the row is gone and the write is refused. Locks are taken in slot order, so two
 * batches never wait for each other in a circle.
 */
export async function lockOwnedSlots(tx: Tx, slots: Iterable<number>): Promise<Set<number>> {
  const wanted = [...new Set(slots)];
  if (wanted.length === 0) return new Set();
  const { rows } = await tx.query<{ slot: number }>({
    name: 'lock-owned-slots',
    text: 'SELECT slot FROM owned_slots WHERE slot = ANY($1::int[]) ORDER BY slot FOR SHARE',
    values: [wanted],
  });
  return new Set(rows.map((row) => row.slot));
}

/**
 * Whether this shard owns the slot, with nobody else's write to it under way: waits for those that there are, and keeps out others
 * until the transaction ends.
 */
export async function takeOwnedSlot(tx: Tx, slot: number): Promise<boolean> {
  const { rows } = await tx.query('SELECT FROM owned_slots WHERE slot = $1 FOR NO KEY UPDATE', [slot]);
  return rows.length > 0;
}

/**
 * The slot of what was to be written belongs to another shard by now. It is final on purpose: retried in place, one reply for
 * a slot that has moved would hold up every other order of its partition for ever. As a dead letter it is kept with its cause,
 * for a re-drive.
 */
export class SlotNotOwned extends Error {
  override name = 'SlotNotOwned';

  constructor(slot: number) {
    super(`slot ${slot} is not owned by this shard`);
  }
}
