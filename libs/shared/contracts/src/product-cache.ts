import { type Product, product } from './product.ts';

/**
 * The products cache in Redis. Inventory writes it; a gateway only reads, with MGET and ZRANGEBYLEX. Whatever is missing,
 * expired or not as described here is a miss, never an error.
 *
 * One hash tag: scripts write many products at once, and a Redis Cluster wants the keys of a script in one slot.
 */
export const productKeys = {
  /** String: a product as JSON, with more fields that are inventory's own; or a claim, while somebody fills it. */
  product: (sku: string): string => `inventory:{products}:sku:${sku}`,
  /** Sorted set, every score 0: the SKUs from the first one on, and `lastSku` behind them if those are all. */
  skus: 'inventory:{products}:skus',
};

/** No SKU; sorts behind every one, because it is the greatest code point and Redis compares bytes. */
export const lastSku = '\u{10ffff}';

/** @returns undefined for what is no product, or another one */
export function readProduct(text: string | null | undefined, sku: string): Product | undefined {
  if (!text) return undefined;
  try {
    const { success, data } = product.safeParse(JSON.parse(text));
    return success && data.sku === sku ? data : undefined;
  } catch {
    // Not JSON: somebody else wrote it, and inventory will write over it.
    return undefined;
  }
}

/** The arguments of ZRANGEBYLEX for a page and for knowing whether another one follows. */
export const skuRange = (after: string, limit: number) =>
  [productKeys.skus, after === '' ? '-' : `(${after}`, '+', 'LIMIT', 0, limit + 1] as const;

/** @returns undefined when the index ends before the page does */
export function readSkuRange(found: string[], limit: number): { skus: string[]; more: boolean } | undefined {
  const toTheEnd = found.at(-1) === lastSku;
  if (!toTheEnd && found.length <= limit) return undefined;
  const skus = toTheEnd ? found.slice(0, -1) : found;
  return { skus: skus.slice(0, limit), more: skus.length > limit };
}
