import type { Tx } from '@ringshop/messaging';

export const statusChannel = 'order_status';

/** An order whose status changed. */
export interface Changed {
  orderId: string;
  /** It was decided, and how long that took tells of the queues: payment was asked, or it waited in vain for an answer. */
  stoodInQueues: boolean;
}

// A payload may have 7,999 bytes; an id without dashes has 32, and a letter for each follows behind the last. A replica of
// before the letters takes them for ids that nobody waits for.
const idLength = 32;
const idsPerPayload = 230;

/**
 * Tells every replica of the shard which orders changed, at commit. One statement per batch, not per order: each NOTIFY
 * takes a lock of the whole server at commit, and one an order costs 3.8 times the throughput.
 */
export function notifyStatusChanged(tx: Tx, changed: Changed[]): void {
  if (changed.length === 0) return;
  tx.last({
    name: 'notify-status-changed',
    text: `SELECT pg_notify('${statusChannel}', payload) FROM unnest($1::text[]) AS payload`,
    values: [payloadsOf(changed)],
  });
}

export function payloadsOf(changed: Changed[]): string[] {
  const count = Math.ceil(changed.length / idsPerPayload);
  return Array.from({ length: count }, (_, n) => {
    const some = changed.slice(n * idsPerPayload, (n + 1) * idsPerPayload);
    const ids = some.map(({ orderId }) => orderId.replaceAll('-', '')).join('');
    return `${ids}|${some.map(({ stoodInQueues }) => (stoodInQueues ? 'p' : '-')).join('')}`;
  });
}

export function changedOf(payload: string): Changed[] {
  const [ids = '', letters = ''] = payload.split('|');
  return Array.from({ length: Math.floor(ids.length / idLength) }, (_, n) => ({
    orderId: ids.slice(n * idLength, (n + 1) * idLength).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    stoodInQueues: letters[n] === 'p',
  }));
}
