import type { Money } from '@ringshop/contracts';
import type { Tx } from '@ringshop/messaging';
import { type Payment, type PaymentState, stageOf } from './payment.ts';

interface Row {
  order_id: string;
  state: PaymentState;
  amount: number | null;
  currency: Money['currency'] | null;
  reason: string | null;
}

/**
 * Moves payments forward, in one statement, and answers how each stands: as given, or further on where it already was.
 * Rows are taken in the order of their ids, so that two batches with the same payments cannot deadlock.
 */
export async function recordPayments(tx: Tx, changes: readonly Payment[]): Promise<Map<string, Payment>> {
  const furthest = new Map<string, Payment>();
  for (const change of changes) {
    const other = furthest.get(change.orderId);
    if (!other || stageOf[other.state] < stageOf[change.state]) furthest.set(change.orderId, change);
  }
  const ordered = [...furthest.values()].sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
  const { rows } = await tx.query<Row>({ ...record, values: columns(ordered) });
  const stand = new Map(rows.map((row) => [row.order_id, paymentOf(row)]));
  const further = ordered.map(({ orderId }) => orderId).filter((orderId) => !stand.has(orderId));
  if (further.length > 0) {
    const found = await tx.query<Row>({ ...read, values: [further] });
    for (const row of found.rows) stand.set(row.order_id, paymentOf(row));
  }
  return stand;
}

const columns = (payments: readonly Payment[]) => [
  payments.map(({ orderId }) => orderId),
  payments.map(({ state }) => state),
  payments.map(({ state }) => stageOf[state]),
  payments.map(({ amount }) => amount?.amount ?? null),
  payments.map(({ amount }) => amount?.currency ?? null),
  payments.map(({ reason }) => reason ?? null),
];

const record = {
  name: 'payments-record',
  text: `INSERT INTO payments AS known (order_id, state, stage, amount, currency, reason)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::text[])
         ON CONFLICT (order_id) DO UPDATE SET
           state = excluded.state,
           stage = excluded.stage,
           amount = coalesce(known.amount, excluded.amount),
           currency = coalesce(known.currency, excluded.currency),
           reason = coalesce(excluded.reason, known.reason),
           updated_at = now()
         WHERE known.stage < excluded.stage
         RETURNING order_id, state, amount, currency, reason`,
};

const read = {
  name: 'payments-read',
  text: 'SELECT order_id, state, amount, currency, reason FROM payments WHERE order_id = ANY($1::uuid[])',
};

function paymentOf({ order_id, state, amount, currency, reason }: Row): Payment {
  return {
    orderId: order_id,
    state,
    amount: amount === null || currency === null ? undefined : { amount, currency },
    reason: reason ?? undefined,
  };
}
