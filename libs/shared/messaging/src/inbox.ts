import { duplicates } from './metrics.ts';
import type { Tx } from './outbox.ts';

/**
 * Claims messages inside the transaction that has their effect: an id that another transaction claimed and committed is
 * not returned, one that it rolled back is. Two transactions that want the same id wait for each other.
 *
 * Guaranteed: per consumer, of all transactions that ever claimed an id at most one committed, for as long as the row is
 * kept. Ids are claimed in sorted order, so that two batches with the same messages cannot deadlock.
 * @returns the ids seen for the first time
 */
export async function claimInbox(tx: Tx, consumer: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ message_id: string }>({ ...claim, values: [consumer, [...new Set(ids)].sort()] });
  duplicates.inc({ consumer }, ids.length - rows.length);
  return new Set(rows.map((row) => row.message_id));
}

const claim = {
  name: 'inbox-claim',
  text: `INSERT INTO inbox (consumer, message_id) SELECT $1, unnest($2::text[])
         ON CONFLICT DO NOTHING RETURNING message_id`,
};
