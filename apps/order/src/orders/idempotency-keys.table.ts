import type { Tx } from '@ringshop/messaging';
import type { Order } from './order.ts';
import { type OrderRow, orderColumns, orderOf } from './orders.table.ts';

/** The only refusal that comes out of doing what was asked. Placing has none: an order that cannot be is `rejected`. */
export type StoredRefusal = 'not-cancellable';

/** A key, what it is asked for, and the order it then stands for. */
export interface KeyClaim {
  customerId: string;
  key: string;
  hash: Buffer;
  orderId: string;
  /** Why what it is asked for is refused: stored with the key, and so the answer for as long as the key is known. */
  refusal?: StoredRefusal | undefined;
}

export interface KnownKey {
  customerId: string;
  key: string;
  hash: Buffer;
  refusal?: StoredRefusal;
  order: Order;
}

/** What a key is found by: two customers may have the same one. */
export const keyOf = ({ customerId, key }: Pick<KeyClaim, 'customerId' | 'key'>) => `${customerId} ${key}`;

/**
 * Takes the idempotency keys that nobody has, and answers with the order ids that got theirs.
 *
 * `ON CONFLICT` alone would wait for a transaction of another replica that holds the same key, and the whole batch
 * with it. So whoever inserts a key holds an advisory lock on it until commit, and whoever cannot have the lock
 * inserts nothing and does not wait. The primary key stays the truth: two keys with one hash cost one of them a 409.
 */
export async function claimKeys(tx: Tx, claims: KeyClaim[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ order_id: string }>({
    name: 'claim-idempotency-keys',
    text: `INSERT INTO idempotency_keys (customer_id, key, request_hash, order_id, refusal)
           SELECT w.customer_id, w.key, w.hash, w.order_id, w.refusal
             FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::text[])
               AS w (customer_id, key, hash, order_id, refusal)
            WHERE pg_try_advisory_xact_lock(hashtextextended(w.customer_id || ' ' || w.key, 0))
           ON CONFLICT DO NOTHING RETURNING order_id`,
    values: [
      claims.map((claim) => claim.customerId),
      claims.map((claim) => claim.key),
      claims.map((claim) => claim.hash),
      claims.map((claim) => claim.orderId),
      claims.map((claim) => claim.refusal),
    ],
  });
  return new Set(rows.map((row) => row.order_id));
}

/** The keys that were taken and committed before, with their orders as they are now. */
export async function readKeys(tx: Tx, claims: Pick<KeyClaim, 'customerId' | 'key'>[]): Promise<KnownKey[]> {
  const { rows } = await tx.query<OrderRow & { key: string; request_hash: Buffer; refusal: StoredRefusal | null }>({
    name: 'read-idempotency-keys',
    text: `SELECT k.key, k.request_hash, k.refusal, ${orderColumns}
             FROM unnest($1::uuid[], $2::text[]) AS w (customer_id, key)
             JOIN idempotency_keys k ON k.customer_id = w.customer_id AND k.key = w.key
             JOIN orders o ON o.order_id = k.order_id`,
    values: [claims.map((claim) => claim.customerId), claims.map((claim) => claim.key)],
  });
  return rows.map((row) => ({
    customerId: row.customer_id,
    key: row.key,
    hash: row.request_hash,
    ...(row.refusal !== null && { refusal: row.refusal }),
    order: orderOf(row),
  }));
}
