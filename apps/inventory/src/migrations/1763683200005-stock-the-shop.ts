import type { MigrationInterface, QueryRunner } from 'typeorm';
import { firstProducts } from './first-products.ts';

/** The catalogue for trying the shop out: every unit of it enters by the ledger, like any later one. */
export class StockTheShop1763683200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const products = firstProducts();
    const skus = products.map(({ sku }) => sku);
    const quantities = products.map(({ quantity }) => quantity);
    await runner.query(
      `INSERT INTO products (sku, name, price_amount, currency)
       SELECT sku, name, price, 'EUR' FROM unnest($1::text[], $2::text[], $3::bigint[]) AS p(sku, name, price)`,
      [skus, products.map(({ name }) => name), products.map(({ price }) => price)],
    );
    await runner.query(
      'INSERT INTO stock (sku, available) SELECT sku, quantity FROM unnest($1::text[], $2::int[]) AS s(sku, quantity)',
      [skus, quantities],
    );
    const none = quantities.map(() => 0);
    await runner.query(
      `INSERT INTO stock_ledger (kind, skus, available, held, sold) VALUES ('initial', $1, $2, $3, $3)`,
      [skus, quantities, none],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE stock_ledger DISABLE TRIGGER append_only');
    await runner.query('TRUNCATE stock_ledger, stock, products');
    await runner.query('ALTER TABLE stock_ledger ENABLE ALWAYS TRIGGER append_only');
  }
}
