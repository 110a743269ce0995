import { gauge, type Logger } from '@ringshop/service-defaults';
import type { RedisLock } from '../lock/redis-lock.ts';

/**
 * What keeps two writers apart.
 *
 * redis     batches that share SKUs take turns at a lock in Redis before they open a transaction. `whileAway` says what
 *           happens while Redis does not answer: the database protects alone, or no units are taken
 * database  they queue at the row locks, each inside a transaction
 * none      nothing does: a row that somebody else has written since it was read refuses the write, and whoever was
 *           refused several times in a row queues at the row locks after all
 */
export type Protection =
  | { by: 'redis'; lock: RedisLock; ttlMs: number; whileAway: 'database' | 'refuse' }
  | { by: 'database' }
  | { by: 'none' };

export type ProtectedBy = Protection['by'] | 'refusing';

const protectedBy = gauge('inventory_stock_protected_by', 'What protects stock at this moment: 1', ['by']);

/** What protects stock at this moment; a database that stands in for Redis is told from one that was chosen by `why`. */
export function protectedNow(protection: Protection): { by: ProtectedBy; why?: string } {
  if (protection.by !== 'redis' || protection.lock.circuit.closed) return { by: protection.by };
  return protection.whileAway === 'refuse'
    ? { by: 'refusing', why: 'Redis is away: no stock is reserved' }
    : { by: 'database', why: 'Redis is away: the database alone protects the stock' };
}

/** Keeps the gauge, and writes one line of log for each change however many messages it concerns. */
export function watchProtection(protection: Protection, logger: Logger | undefined): void {
  let told: ProtectedBy | undefined;
  const tell = () => {
    const { by, why } = protectedNow(protection);
    if (by === told) return;
    if (told) protectedBy.set({ by: told }, 0);
    protectedBy.set({ by }, 1);
    if (why) logger?.warn({ protection: by }, why);
    else logger?.info({ protection: by }, 'stock is protected as configured');
    told = by;
  };
  if (protection.by === 'redis') protection.lock.circuit.onChange(tell);
  // A lock that is not connected yet is not away: the first connection is about to be made, or to fail.
  if (protection.by !== 'redis' || protection.lock.circuit.closed) tell();
}
