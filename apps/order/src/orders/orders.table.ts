import type { Money, OrderReason, OrderStatus } from '@ringshop/contracts';
import type { Tx } from '@ringshop/messaging';
import type { Order, OrderLine } from './order.ts';
import type { SealedPlacing } from './placing.ts';

export interface OrderRow {
  order_id: string;
  customer_id: string;
  status: OrderStatus;
  reason: OrderReason | null;
  lines: OrderLine[];
  total_amount: number | null;
  currency: Money['currency'] | null;
  placed_at: Date;
  updated_at: Date;
  version: number;
  priced: { lines: OrderLine[]; total: Money | null } | null;
}

/**
 * The prices of a pending order stand in its saga. They are written into the order together with its status: an update
 * of their own would cost more than this subquery, which only the readers of pending orders pay.
 */
export const pricesFromSaga = (
  order: string,
) => `SELECT json_build_object('lines', s.data -> 'lines', 'total', s.data -> 'total')
     FROM sagas s WHERE s.saga_id = ${order}.order_id AND s.name = 'place-order' AND ${order}.status = 'pending'`;

/** `ship_to` is not among them: it is sealed, and no answer carries it. */
export const orderColumns = `o.order_id, o.customer_id, o.status, o.reason, o.lines, o.total_amount, o.currency,
  o.placed_at, o.updated_at, o.version, (${pricesFromSaga('o')}) AS priced`;

export function orderOf(row: OrderRow): Order {
  const total = totalOf(row);
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    status: row.status,
    ...(row.reason !== null && { reason: row.reason }),
    lines: row.priced?.lines ?? row.lines,
    ...(total && { total }),
    placedAt: row.placed_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function totalOf({ total_amount: amount, currency, priced }: OrderRow): Money | undefined {
  if (amount !== null && currency !== null) return { amount, currency };
  return priced?.total ?? undefined;
}

/** Orders as they stand, inside or outside a transaction; what does not exist is left out. */
export async function readOrders(from: Pick<Tx, 'query'>, orderIds: string[]): Promise<Order[]> {
  const { rows } = await from.query<OrderRow>({
    name: 'read-orders',
    text: `SELECT ${orderColumns} FROM orders o WHERE o.order_id = ANY($1::uuid[])`,
    values: [orderIds],
  });
  return rows.map(orderOf);
}

export function insertOrders(tx: Tx, placings: SealedPlacing[], placedAt: Date): void {
  tx.last({
    name: 'insert-orders',
    text: `INSERT INTO orders (order_id, customer_id, status, lines, ship_to, placed_at, updated_at, version)
           SELECT n.order_id, n.customer_id, 'pending', n.lines::jsonb, n.ship_to, $5, $5, 1
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS n (order_id, customer_id, lines, ship_to)`,
    values: [
      placings.map((placing) => placing.orderId),
      placings.map((placing) => placing.customerId),
      placings.map((placing) => JSON.stringify(placing.lines)),
      placings.map((placing) => placing.sealedShipTo),
      placedAt,
    ],
  });
}
