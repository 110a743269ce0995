import {
  cloudEventOf,
  type Money,
  type OrderReason,
  type OrderStatus,
  orderEventsTopic,
  type PricedLine,
} from '@ringshop/contracts';
import type { Outgoing, Tx } from '@ringshop/messaging';
import type { OrderRow } from './orders.table.ts';
import { notifyStatusChanged } from './status-notice.ts';

/** Lines and total are there once inventory has priced the order. */
export interface StatusChange {
  orderId: string;
  status: OrderStatus;
  reason?: OrderReason | undefined;
  lines?: PricedLine[] | undefined;
  total?: Money | undefined;
}

/**
 * The status machine, enforced where the row is written:
 *
 *     pending ──▶ confirmed ──▶ cancelling ──▶ cancelled
 *        ├──────▶ rejected  └──────────────────────▲ (the stock was lost after the promise)
 *        └──────▶ cancelled
 *
 * Two sagas can end one cancelled order: the one that cancels it, and the one that placed it and lost its stock. The second
 * finds it cancelled, and changes nothing.
 */
const moves = `('pending', 'confirmed'), ('pending', 'rejected'), ('pending', 'cancelled'), ('confirmed', 'cancelling'),
  ('confirmed', 'cancelled'), ('cancelling', 'cancelled')`;

type Changed = Pick<
  OrderRow,
  'order_id' | 'customer_id' | 'status' | 'reason' | 'total_amount' | 'currency' | 'version'
>;

/**
 * Changes orders, publishes one event for each and sends one notice for all, in the caller's transaction.
 * @throws when a change is no move of the machine: the sagas hold their orders, so that is a defect.
 */
export async function changeStatuses(tx: Tx, changes: StatusChange[], source: string): Promise<void> {
  if (changes.length === 0) return;
  const { rows } = await tx.query<Changed>({
    name: 'change-statuses',
    text: `UPDATE orders o
              SET status = c.status, reason = c.reason, lines = coalesce(c.lines::jsonb, o.lines),
                  total_amount = coalesce(c.total, o.total_amount), currency = coalesce(c.currency, o.currency),
                  updated_at = $7, version = o.version + 1
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
                    AS c (order_id, status, reason, lines, total, currency)
            WHERE o.order_id = c.order_id AND (o.status, c.status) IN (${moves})
        RETURNING o.order_id, o.customer_id, o.status, o.reason, o.total_amount, o.currency, o.version`,
    values: [
      changes.map((change) => change.orderId),
      changes.map((change) => change.status),
      changes.map((change) => change.reason ?? null),
      changes.map((change) => (change.lines ? JSON.stringify(change.lines) : null)),
      changes.map((change) => change.total?.amount ?? null),
      changes.map((change) => change.total?.currency ?? null),
      new Date(),
    ],
  });
  if (rows.length !== changes.length) await requireCancelled(tx, changes, rows);
  tx.publish(rows.map((row) => eventOf(row, source)));
  notifyStatusChanged(
    tx,
    rows.map((row) => ({ orderId: row.order_id, stoodInQueues: hasStoodInQueues(row) })),
  );
}

/** What timed out before it asked payment has waited longer than any other. */
const hasStoodInQueues = ({ status, reason }: Changed) =>
  status === 'confirmed' || (status === 'rejected' && (reason === 'payment-declined' || reason === 'timed-out'));

async function requireCancelled(tx: Tx, changes: StatusChange[], changed: Changed[]): Promise<void> {
  const moved = new Set(changed.map((row) => row.order_id));
  const rest = changes.filter(({ orderId }) => !moved.has(orderId));
  const again = rest.filter(({ status }) => status === 'cancelled').map(({ orderId }) => orderId);
  const { rowCount } = await tx.query("SELECT FROM orders WHERE order_id = ANY($1::uuid[]) AND status = 'cancelled'", [
    again,
  ]);
  if (rowCount !== rest.length) throw new Error(`${rest.length - (rowCount ?? 0)} orders cannot change like that`);
}

function eventOf(row: Changed, source: string): Outgoing {
  const event = cloudEventOf({
    name: 'order-status-changed',
    source,
    subject: row.order_id,
    data: {
      orderId: row.order_id,
      customerId: row.customer_id,
      status: row.status,
      ...(row.reason !== null && { reason: row.reason }),
      ...(row.total_amount !== null && { total: { amount: row.total_amount, currency: row.currency } }),
      version: row.version,
    },
  });
  return { topic: orderEventsTopic, event, unhurried: true };
}
