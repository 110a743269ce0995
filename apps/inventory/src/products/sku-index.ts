import { setTimeout as sleep } from 'node:timers/promises';
import { lastSku, productKeys, readSkuRange, skuRange } from '@ringshop/contracts';
import { askRedis, type Redis } from '@ringshop/service-defaults';

/** The SKUs after one, in the order of their bytes. */
export type SelectSkus = (after: string, limit: number) => Promise<string[]>;

/** Lists further down than this are read from the database: it bounds what the cache takes of the memory of the locks. */
const mostIndexed = 10_000;
const claimKey = `${productKeys.skus}:claim`;

/**
 * Which products there are, in order, in Redis; built anew by one process when it is missing. With a limit of its own on
 * how often: a claim stays for its whole time, so that lists beyond the index cannot have it built again and again.
 */
export class SkuIndex {
  readonly #redis: Redis;
  readonly #select: SelectSkus;
  readonly #ttlMs: number;
  readonly #claimMs: number;
  #building: Promise<void> | undefined;

  constructor(redis: Redis, select: SelectSkus, { ttlMs, claimMs }: { ttlMs: number; claimMs: number }) {
    this.#redis = redis;
    this.#select = select;
    this.#ttlMs = ttlMs;
    this.#claimMs = claimMs;
  }

  async page(after: string, limit: number): Promise<{ skus: string[]; more: boolean }> {
    let known = await this.#cached(after, limit);
    if (!known) {
      this.#building ??= this.#build().finally(() => {
        this.#building = undefined;
      });
      await this.#building;
      known = await this.#cached(after, limit);
    }
    if (known) return known;
    const skus = await this.#select(after, limit + 1);
    return { skus: skus.slice(0, limit), more: skus.length > limit };
  }

  async #cached(after: string, limit: number) {
    const found = await askRedis(this.#redis, (redis) => redis.zrangebylex(...skuRange(after, limit)));
    return found && readSkuRange(found, limit);
  }

  /** Returns when the index is there, or will not be soon. */
  async #build(): Promise<void> {
    const claim = () => this.#redis.set(claimKey, 'building', 'PX', this.#claimMs, 'NX');
    if ((await askRedis(this.#redis, claim)) === 'OK') return this.#fill();
    while ((await askRedis(this.#redis, (redis) => redis.get(claimKey))) === 'building') await sleep(5);
  }

  async #fill(): Promise<void> {
    const skus = await this.#select('', mostIndexed + 1);
    const members = skus.length > mostIndexed ? skus.slice(0, mostIndexed) : [...skus, lastSku];
    await askRedis(this.#redis, (redis) =>
      redis
        .multi()
        .del(productKeys.skus)
        .zadd(productKeys.skus, ...members.flatMap((member) => [0, member]))
        .pexpire(productKeys.skus, this.#ttlMs - this.#claimMs)
        .set(claimKey, 'built', 'KEEPTTL', 'XX')
        .exec(),
    );
  }
}
