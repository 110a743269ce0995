import type { PurgeRule } from '@ringshop/messaging';
import type { OrderConfig } from './config.ts';

/** What is deleted, and when. Orders and their sagas stay: they are what a customer, and a late reply, asks for. */
export const purgeRules = (config: OrderConfig): PurgeRule[] => [
  { table: 'idempotency_keys', age: 'created_at', keepMs: config.IDEMPOTENCY_KEEP_MS },
  { table: 'inbox', age: 'received_at', keepMs: config.INBOX_KEEP_MS },
];
