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
