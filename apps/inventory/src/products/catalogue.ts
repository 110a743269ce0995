import { type Logger, openRedis, statementTimeouts } from '@ringshop/service-defaults';
import { DataSource } from 'typeorm';
import { ProductEntity, StockEntity } from './product.entity.ts';
import { connectProductCache, ProductCache } from './product-cache.ts';
import { ProductRefresh } from './product-refresh.ts';
import { Products } from './products.ts';
import { SelectProducts } from './select-products.ts';
import { SkuIndex } from './sku-index.ts';

export interface CatalogueOptions {
  databaseUrl: string;
  redisUrl: string;
  /** How old an answer can be; see `ProductCache`. */
  ttlMs: number;
  name?: string;
  logger?: Logger;
}

/** What reading products takes: the database, the cache before it, and who tells the cache of changes. */
export function createCatalogue({ databaseUrl, redisUrl, ttlMs, name, logger }: CatalogueOptions) {
  const source = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: name,
    entities: [ProductEntity, StockEntity],
    poolSize: 3,
    connectTimeoutMS: 5_000,
    extra: statementTimeouts(),
  });
  const redis = connectProductCache(redisUrl, logger);
  const cache = new ProductCache(redis, ttlMs);
  const select = new SelectProducts(source);
  const index = new SkuIndex(redis, (after, limit) => select.skus(after, limit), { ttlMs, claimMs: cache.claimMs });
  const refresh = new ProductRefresh(redis);
  return {
    redis,
    products: new Products({ cache, index, select }),
    /** To be told what each transaction has left of the stock it wrote, once it has committed. */
    committed: refresh.committed.bind(refresh),
    /** @throws when the database is not there; Redis may be away */
    async start() {
      await source.initialize();
      await openRedis(redis);
    },
    async stop() {
      redis.disconnect();
      if (source.isInitialized) await source.destroy();
    },
  };
}
