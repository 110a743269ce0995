import { counter } from '@ringshop/service-defaults';
import type { DataSource } from 'typeorm';
import { ProductEntity } from './product.entity.ts';
import type { VersionedProduct } from './product-cache.ts';

const selects = counter('inventory_product_selects_total', 'Statements that read products from the database', ['what']);

/** What the database knows of products. Reading takes no lock and delays nobody who buys. */
export class SelectProducts {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  async products(skus: readonly string[]): Promise<Map<string, VersionedProduct>> {
    if (skus.length === 0) return new Map();
    selects.inc({ what: 'products' });
    // Before the statement: by the time it answers, what it saw may be over.
    const asOf = new Date().toISOString();
    const found = await this.#source
      .getRepository(ProductEntity)
      .createQueryBuilder('product')
      .innerJoinAndSelect('product.stock', 'stock')
      .where('product.sku = ANY(:skus)', { skus })
      .getMany();
    return new Map(found.map((row) => [row.sku, productOf(row, asOf)]));
  }

  /** By SKU, in the order of its bytes. A keyset, not an offset: a page neither repeats nor skips when products are added. */
  async skus(after: string, limit: number): Promise<string[]> {
    selects.inc({ what: 'skus' });
    const found = await this.#source
      .getRepository(ProductEntity)
      .createQueryBuilder('product')
      .select('product.sku')
      .where('product.sku > :after', { after })
      .orderBy('product.sku')
      .limit(limit)
      .getMany();
    return found.map(({ sku }) => sku);
  }
}

const productOf = ({ sku, name, price_amount, currency, stock }: ProductEntity, asOf: string): VersionedProduct => ({
  product: { sku, name, price: { amount: price_amount, currency }, available: stock.available, asOf },
  token: { epoch: stock.fence_epoch, n: stock.fence_n },
});
