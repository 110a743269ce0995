import type { PurgeRule } from '@ringshop/messaging';
import type { PaymentConfig } from './config.ts';

/** What is deleted, and when. A payment that was ever captured stays, paid back or not, and so does one that is not over. */
export const purgeRules = (config: Pick<PaymentConfig, 'TOMBSTONE_KEEP_MS'>): PurgeRule[] => [
  {
    table: 'payments',
    where: `state IN ('declined', 'voided')`,
    age: 'updated_at',
    keepMs: config.TOMBSTONE_KEEP_MS,
  },
];
