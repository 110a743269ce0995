import { z } from 'zod';

/** Integer minor units (cents) and an ISO 4217 code. Never a float, never a bare number. */
export const money = z.object({
  amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  currency: z.literal('EUR'),
});
export type Money = z.infer<typeof money>;

export const sku = z.string().min(1).max(64);
export const quantity = z.int().min(1).max(1000);
export const lines = z.array(z.object({ sku, quantity })).min(1).max(100);
export const pricedLines = z
  .array(z.object({ sku, quantity, unitPrice: money }))
  .min(1)
  .max(100);

export type Line = z.infer<typeof lines>[number];
export type PricedLine = z.infer<typeof pricedLines>[number];
