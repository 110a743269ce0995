import { z } from 'zod';
import { event } from './message.ts';
import { money } from './money.ts';

export const orderEventsTopic = 'order.events';
/** Each shard hears the answers to its own commands only. */
export const orderRepliesTopic = (shard: string) => `order.replies.${shard}`;

export const orderStatus = z.enum(['pending', 'confirmed', 'rejected', 'cancelling', 'cancelled']);
export type OrderStatus = z.infer<typeof orderStatus>;

export const orderReason = z.enum([
  'out-of-stock',
  'payment-declined',
  'price-changed',
  'timed-out',
  'stock-unavailable',
  'unknown-sku',
  'customer',
  'stock-lost',
]);
export type OrderReason = z.infer<typeof orderReason>;

/** An order changed its status. `version` counts the changes of one order: ignore what is older than what you know. */
export const orderStatusChanged = event(
  orderEventsTopic,
  'order-status-changed',
  z.object({
    orderId: z.string(),
    customerId: z.string(),
    status: orderStatus,
    reason: orderReason.optional(),
    total: money.optional(),
    version: z.int().min(1),
  }),
);
