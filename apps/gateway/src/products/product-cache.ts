import {
  type Product,
  type ProductPage,
  productCursor,
  productKeys,
  readProduct,
  readSkuRange,
  skuRange,
} from '@ringshop/contracts';
import { askRedis, counter, createRedis, type Logger, type Redis } from '@ringshop/service-defaults';

const reads = counter(
  'gateway_product_cache_total',
  'Products and pages of them looked up in the cache: hit, miss, away (Redis does not answer)',
  ['outcome'],
);

/**
 * What inventory has put into Redis, read only. Undefined is no statement about a product: inventory has to be asked.
 * The gateway starts, serves and is ready without Redis.
 */
export class ProductCache {
  readonly #redis: Redis | undefined;

  constructor(url: string | undefined, logger?: Logger) {
    this.#redis = url
      ? createRedis(url, { logger, commandTimeoutMs: 200, whileAway: 'products are asked of inventory' })
      : undefined;
  }

  /** Begins to connect. Nobody waits for it: until it has, inventory is asked. */
  open(): void {
    // Why it failed is told by the connection itself, which goes on trying.
    this.#redis?.connect().catch(() => undefined);
  }

  close(): void {
    this.#redis?.disconnect();
  }

  one(sku: string): Promise<Product | undefined> {
    return this.#ask(async (redis) => readProduct(await redis.get(productKeys.product(sku)), sku));
  }

  /** A page, when all of it is there. */
  page(limit: number, after: string): Promise<ProductPage | undefined> {
    return this.#ask(async (redis) => {
      const range = readSkuRange(await redis.zrangebylex(...skuRange(after, limit)), limit);
      if (!range) return undefined;
      const { skus, more } = range;
      const texts = skus.length > 0 ? await redis.mget(skus.map(productKeys.product)) : [];
      const items = skus.flatMap((sku, index) => readProduct(texts[index], sku) ?? []);
      if (items.length < skus.length) return undefined;
      return more ? { items, nextCursor: productCursor.write(skus.at(-1)!) } : { items };
    });
  }

  async #ask<T>(read: (redis: Redis) => Promise<T | undefined>): Promise<T | undefined> {
    const answer = this.#redis && (await askRedis(this.#redis, async (redis) => ({ found: await read(redis) })));
    reads.inc({ outcome: !answer ? 'away' : answer.found === undefined ? 'miss' : 'hit' });
    return answer?.found;
  }
}
