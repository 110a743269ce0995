import { productKeys } from '@ringshop/contracts';
import { askRedis, counter, type Redis } from '@ringshop/service-defaults';
import type { FencingToken } from '../lock/fencing.ts';
import type { StockWritten } from '../stock/stock-change.ts';

const refreshed = counter('inventory_product_refreshed_total', 'Cached products that took over a committed change');
const skipped = counter(
  'inventory_product_refresh_skipped_total',
  'Committed changes of products that the cache was not told; it forgets them by time',
);

/** Of different products, while Redis takes its time. */
const mostWaiting = 5_000;

/**
 * Tells the products cache what was committed. Nobody waits for it and it never fails: a change that does not get through
 * is skipped and counted, and the cache is wrong until the entry's time to live is over.
 *
 * One script call a batch; while one is under way, the batches after it share the next.
 */
export class ProductRefresh {
  readonly #redis: Redis;
  #waiting = new Map<string, StockWritten>();
  #sending = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  committed(rows: readonly StockWritten[]): void {
    if (this.#redis.status !== 'ready' || this.#waiting.size > mostWaiting) {
      skipped.inc(rows.length);
      return;
    }
    for (const row of rows) {
      const known = this.#waiting.get(row.sku);
      if (!known || isGreater(row.token, known.token)) this.#waiting.set(row.sku, row);
    }
    if (!this.#sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.size > 0) {
      const rows = [...this.#waiting.values()];
      this.#waiting = new Map();
      const keys = rows.map(({ sku }) => productKeys.product(sku));
      const args = rows.flatMap(({ available, token, asOf }) => [available, token.epoch, token.n, asOf]);
      const written = await askRedis(this.#redis, (redis) => redis.refreshProducts(keys.length, ...keys, ...args));
      if (written === undefined) skipped.inc(rows.length);
      else refreshed.inc(written);
    }
    this.#sending = false;
  }
}

const isGreater = (a: FencingToken, b: FencingToken) => (a.epoch === b.epoch ? a.n > b.n : a.epoch > b.epoch);
