import { z } from 'zod';
import { money, sku } from './money.ts';

/** A product as customers see it. */
export const product = z.object({
  sku,
  name: z.string().min(1),
  price: money,
  /** What could be reserved at `asOf`. Eventual: by the time a customer reads it, it may be gone. */
  available: z.int().min(0),
  asOf: z.iso.datetime(),
});
export type Product = z.infer<typeof product>;

/** By SKU, in the order of its UTF-8 bytes. */
export interface ProductPage {
  items: Product[];
  nextCursor?: string;
}

/** The place of a list to go on after: the last SKU of a page, opaque to clients. */
export const productCursor = {
  write: (last: string): string => Buffer.from(last).toString('base64url'),
  /** @returns undefined for what is no cursor of ours */
  read(cursor: string): string | undefined {
    const last = Buffer.from(cursor, 'base64url').toString();
    const ours = productCursor.write(last) === cursor && sku.safeParse(last).success && !last.includes('\0');
    return ours ? last : undefined;
  },
};
