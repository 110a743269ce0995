import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Product, productKeys, readProduct } from '@ringshop/contracts';
import { askRedis, counter, createRedis, type Logger, type Redis } from '@ringshop/service-defaults';
import type { Result } from 'ioredis';
import { z } from 'zod';
import type { FencingToken } from '../lock/fencing.ts';

const reads = counter(
  'inventory_product_cache_total',
  'Products looked up in the cache: hit, miss, claimed (somebody else fills it), away (Redis does not answer)',
  ['outcome'],
);

/** A product as the database tells it. The fencing token of its stock row is its version. */
export interface VersionedProduct {
  product: Product;
  token: FencingToken;
}

export interface Found {
  products: Map<string, Product>;
  /** Somebody is filling these at this moment. */
  claimed: Set<string>;
  /** These are neither, whoever wrote them. */
  wrong: Set<string>;
}

/** The right to fill some products, and the duty. */
export interface Claim {
  id: string;
  skus: string[];
}

// The path leads from `src` and from `dist` to the same file: the compiler carries no .lua over.
const script = (name: string) => readFileSync(new URL(`../../src/products/${name}.lua`, import.meta.url), 'utf8');

declare module 'ioredis' {
  interface RedisCommander<Context> {
    fillProducts(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
    refreshProducts(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
  }
}

/** A connection of its own: what is slow or times out here does not delay the stock lock. */
export const connectProductCache = (url: string, logger?: Logger): Redis =>
  createRedis(url, {
    logger,
    commandTimeoutMs: 200,
    whileAway: 'products are read from the database',
    scripts: { fillProducts: { lua: script('fill') }, refreshProducts: { lua: script('refresh') } },
  });

/** A refresh writes the entry anew, and the JSON of Redis' Lua has 14 digits. What costs more is not cached. */
const exactInLua = 1e14;
const claimShape = z.object({ claim: z.string() });

/**
 * Products in Redis (keys and readers: `productKeys`). Each is read from the database by one process: the one that put its
 * claim where the product will be. A claim dies by itself, and with it the right to write what was read under it.
 *
 * Guaranteed: name, price and `asOf` of what it tells are at most `ttlMs` old by the clock of Redis, whoever was killed or
 * paused meanwhile; a version never replaces a greater one. Not guaranteed: that the last commit is in it already.
 */
export class ProductCache {
  readonly #redis: Redis;
  readonly #ttlMs: number;
  /** Part of the time to live: what a claimant read was read after it claimed. */
  readonly claimMs: number;

  constructor(redis: Redis, ttlMs: number) {
    this.#redis = redis;
    this.#ttlMs = ttlMs;
    this.claimMs = Math.ceil(ttlMs / 5);
  }

  /** @returns undefined when Redis is away */
  async read(skus: readonly string[]): Promise<Found | undefined> {
    const texts = await askRedis(this.#redis, (redis) => redis.mget(skus.map(productKeys.product)));
    const found: Found = { products: new Map(), claimed: new Set(), wrong: new Set() };
    for (const [index, text] of texts?.entries() ?? []) {
      const sku = skus[index]!;
      const product = readProduct(text, sku);
      if (product) found.products.set(sku, product);
      else if (isClaim(text)) found.claimed.add(sku);
      else if (text !== null) found.wrong.add(sku);
    }
    const { products, claimed } = found;
    if (!texts) reads.inc({ outcome: 'away' }, skus.length);
    else {
      reads.inc({ outcome: 'hit' }, products.size);
      reads.inc({ outcome: 'claimed' }, claimed.size);
      reads.inc({ outcome: 'miss' }, skus.length - products.size - claimed.size);
    }
    return texts && found;
  }

  /**
   * Claims those of `skus` that are not there; what has to go first is in `remove` as well.
   * @returns undefined when Redis is away
   */
  async claim(skus: readonly string[], remove: readonly string[]): Promise<Claim | undefined> {
    const id = randomUUID();
    if (skus.length === 0) return { id, skus: [] };
    const text = JSON.stringify({ claim: id });
    const granted = await askRedis(this.#redis, async (redis) => {
      const asked = redis.pipeline();
      if (remove.length > 0) asked.del(remove.map(productKeys.product));
      for (const sku of skus) asked.set(productKeys.product(sku), text, 'PX', this.claimMs, 'NX');
      const answers = ((await asked.exec()) ?? []).slice(-skus.length);
      const failed = answers.find(([error]) => error !== null);
      if (failed) throw failed[0];
      return skus.filter((_sku, index) => answers[index]![1] === 'OK');
    });
    return granted && { id, skus: granted };
  }

  /** Ends a claim: with what was read under it, or nothing where there is no such product. */
  async fill({ id, skus }: Claim, read: ReadonlyMap<string, VersionedProduct>): Promise<void> {
    if (skus.length === 0) return;
    const texts = skus.map((sku) => {
      const row = read.get(sku);
      return row && row.product.price.amount < exactInLua ? JSON.stringify({ ...row.product, ...row.token }) : '';
    });
    const args = [...skus.map(productKeys.product), id, this.#ttlMs - this.claimMs, ...texts];
    // Without an answer the claim dies by itself; whoever asked has the product already.
    await askRedis(this.#redis, (redis) => redis.fillProducts(skus.length, ...args));
  }
}

function isClaim(text: string | null | undefined): boolean {
  try {
    return claimShape.safeParse(JSON.parse(text ?? 'null')).success;
  } catch {
    // Not JSON: wrong, and written over by the next claim.
    return false;
  }
}
