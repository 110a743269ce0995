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
}

/** `ship_to` is not among them: it is sealed, and no answer carries it. */
export const orderColumns =
  'o.order_id, o.customer_id, o.status, o.reason, o.lines, o.total_amount, o.currency, o.placed_at, o.updated_at, o.version';

export function orderOf(row: OrderRow): Order {
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    status: row.status,
    ...(row.reason !== null && { reason: row.reason }),
    lines: row.lines,
    ...(row.total_amount !== null &&
      row.currency !== null && { total: { amount: row.total_amount, currency: row.currency } }),
    placedAt: row.placed_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}
