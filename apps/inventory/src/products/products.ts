import type { Money } from '@ringshop/contracts';
import { Problem } from '@ringshop/service-defaults';
import type { DataSource } from 'typeorm';
import { ProductEntity } from './product.entity.ts';

export interface Product {
  sku: string;
  name: string;
  price: Money;
  /** What could be reserved at `asOf`. Eventual: by the time a customer reads it, it may be gone. */
  available: number;
  asOf: string;
}

export interface ProductPage {
  items: Product[];
  nextCursor?: string;
}

/** The catalogue as customers see it; reading it takes no lock and delays nobody who buys. */
export class Products {
  readonly #source: DataSource;

  constructor(source: DataSource) {
    this.#source = source;
  }

  /** @throws Problem `not-found` */
  async one(sku: string): Promise<Product> {
    const found = await this.#select().where('product.sku = :sku', { sku }).getOne();
    if (!found) throw new Problem('not-found', { detail: 'no such product' });
    return productOf(found);
  }

  /** By SKU. A keyset, not an offset: a page neither repeats nor skips when products are added. */
  async page(limit: number, after = ''): Promise<ProductPage> {
    const found = await this.#select()
      .where('product.sku > :after', { after })
      .orderBy('product.sku')
      .limit(limit + 1)
      .getMany();
    const items = found.slice(0, limit).map(productOf);
    const last = items.at(-1);
    return found.length > limit && last ? { items, nextCursor: cursorOf(last.sku) } : { items };
  }

  #select() {
    return this.#source
      .getRepository(ProductEntity)
      .createQueryBuilder('product')
      .innerJoinAndSelect('product.stock', 'stock');
  }
}

const productOf = ({ sku, name, price_amount, currency, stock }: ProductEntity): Product => ({
  sku,
  name,
  price: { amount: price_amount, currency },
  available: stock.available,
  asOf: new Date().toISOString(),
});

/** The last SKU of a page; opaque to clients. */
const cursorOf = (sku: string) => Buffer.from(sku).toString('base64url');

/** @returns the SKU to go on after, or undefined for what is no cursor of ours */
export function readCursor(cursor: string): string | undefined {
  const sku = Buffer.from(cursor, 'base64url').toString();
  return cursorOf(sku) === cursor && sku.length > 0 && sku.length <= 64 && !sku.includes('\0') ? sku : undefined;
}
