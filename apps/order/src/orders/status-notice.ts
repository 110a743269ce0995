import type { Tx } from '@ringshop/messaging';

export const statusChannel = 'order_status';

// A payload may have 7,999 bytes; an id without dashes has 32.
const idLength = 32;
const idsPerPayload = 230;

/**
 * Tells every replica of the shard which orders changed, at commit. One statement per batch, not per order: each NOTIFY
 * takes a lock of the whole server at commit, and one an order costs 3.8 times the throughput.
 */
export async function notifyStatusChanged(tx: Tx, orderIds: string[]): Promise<void> {
  if (orderIds.length === 0) return;
  await tx.query({
    name: 'notify-status-changed',
    text: `SELECT pg_notify('${statusChannel}', payload) FROM unnest($1::text[]) AS payload`,
    values: [payloadsOf(orderIds)],
  });
}

export function payloadsOf(orderIds: string[]): string[] {
  const count = Math.ceil(orderIds.length / idsPerPayload);
  return Array.from({ length: count }, (_, n) =>
    orderIds
      .slice(n * idsPerPayload, (n + 1) * idsPerPayload)
      .join('')
      .replaceAll('-', ''),
  );
}

export function orderIdsOf(payload: string): string[] {
  const count = Math.floor(payload.length / idLength);
  return Array.from({ length: count }, (_, n) =>
    payload.slice(n * idLength, (n + 1) * idLength).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  );
}
