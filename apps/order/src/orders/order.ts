import type { Money, OrderReason, OrderStatus } from '@ringshop/contracts';

/** The order as clients see it. `version` counts status changes; prices appear once inventory has priced the lines. */
export interface Order {
  orderId: string;
  customerId: string;
  status: OrderStatus;
  reason?: OrderReason;
  lines: OrderLine[];
  total?: Money;
  placedAt: string;
  updatedAt: string;
  version: number;
}

export interface OrderLine {
  sku: string;
  quantity: number;
  unitPrice?: Money;
}

/** `confirmed` counts: what can follow it (a cancellation) is another process. */
export const isTerminal = (order: Pick<Order, 'status'>) => order.status !== 'pending' && order.status !== 'cancelling';

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
