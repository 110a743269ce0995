import { money, quantity, sku } from '@ringshop/contracts';
import { newOrderId, slotOf } from '@ringshop/placement';
import { type KeyRing, seal } from '@ringshop/service-defaults';
import { z } from 'zod';
import type { Placing } from './placing.ts';

// Postgres takes neither NUL nor half a surrogate pair, and one such string would fail a whole batch.
const noControls = /^[^\p{Cc}\p{Cs}]*$/u;

/**
 * The public body. Strict: a client that sends a price, a status or a customer is told so, not ignored. The gateway has
 * checked it already; what is written here rests on this check and not on who calls.
 */
export const placeRequest = z.strictObject({
  lines: z
    .array(z.strictObject({ sku: sku.regex(noControls, 'has control characters'), quantity }))
    .min(1)
    .max(100),
  payment: z.strictObject({ token: z.string().min(1).max(255) }),
  shipTo: z.strictObject({ name: z.string().min(1).max(200), address: z.string().min(1).max(1000) }),
  expectedTotal: z.strictObject(money.shape).optional(),
});
export type PlaceRequest = z.infer<typeof placeRequest>;

export const idempotencyKey = z.string().regex(/^[\x20-\x7e]{1,255}$/, 'must be 1–255 printable ASCII characters');

/**
 * The payment token is sealed here, once, and bound to the order's id: moved to another order it does not open.
 * @param batch the one that it will leave with, 0…255
 */
export function placingOf(
  customerId: string,
  key: string,
  request: PlaceRequest,
  paymentTokens: KeyRing,
  batch: number,
): Placing {
  const { lines, payment, shipTo, expectedTotal } = request;
  const slot = slotOf(customerId);
  const orderId = newOrderId(slot, Date.now(), batch);
  return {
    orderId,
    customerId,
    slot,
    key,
    lines,
    expectedTotal,
    sealedToken: seal(paymentTokens, payment.token, orderId),
    shipTo,
    says: canonical(request),
  };
}

/** Fields in a fixed order, so that two bodies that say the same are the same however they are spelt. */
function canonical({ lines, payment, shipTo, expectedTotal }: PlaceRequest): string {
  return JSON.stringify([
    lines.map((line) => [line.sku, line.quantity]),
    payment.token,
    [shipTo.name, shipTo.address],
    expectedTotal ? [expectedTotal.amount, expectedTotal.currency] : null,
  ]);
}
