import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateStock1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE products (
        sku text PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
        name text NOT NULL,
        price_amount bigint NOT NULL CHECK (price_amount >= 0),
        currency text NOT NULL
      )`);
    // No index on a column that changes, and room on the page for a row's next version: writes stay HOT updates.
    await runner.query(`
      CREATE TABLE stock (
        sku text PRIMARY KEY REFERENCES products,
        available int NOT NULL CHECK (available >= 0),
        held int NOT NULL DEFAULT 0 CHECK (held >= 0),
        sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
        fence_epoch bigint NOT NULL DEFAULT 0,
        fence_n bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 80)`);
    await runner.query(`
      CREATE TABLE stock_ledger (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        sku text NOT NULL REFERENCES products,
        delta int NOT NULL,
        kind text NOT NULL CHECK (kind IN ('initial', 'restock', 'write-off')),
        at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`COMMENT ON TABLE stock_ledger IS
      'Units that came in or went out other than by an order. Per SKU: sum of delta = available + held + sold.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE stock_ledger, stock, products');
  }
}
