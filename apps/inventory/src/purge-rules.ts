import type { PurgeRule } from '@ringshop/messaging';
import type { InventoryConfig } from './config.ts';

/**
 * What is deleted, and when. HELD and COMMITTED reservations stay, however old: the stock is counted by them (I1). The ledger
 * stays because nothing can delete from it.
 */
export const purgeRules = (config: Pick<InventoryConfig, 'INBOX_KEEP_MS' | 'TOMBSTONE_KEEP_MS'>): PurgeRule[] => [
  { table: 'inbox', age: 'received_at', keepMs: config.INBOX_KEEP_MS },
  {
    table: 'reservations',
    where: `state IN ('RELEASED', 'REFUSED', 'EXPIRED', 'RETURNED')`,
    age: 'updated_at',
    keepMs: config.TOMBSTONE_KEEP_MS,
  },
];
