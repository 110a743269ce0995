import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateStock1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In the order of bytes, whatever locale the database has: pages from the cache and from here must follow each other.
    await runner.query(`
      CREATE TABLE products (
        sku text COLLATE "C" PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
        name text NOT NULL,
        price_amount bigint NOT NULL CHECK (price_amount >= 0),
        currency text NOT NULL
      )`);
    // No index on a column that changes, and room on the page for a row's next version: writes stay HOT updates.
    await runner.query(`
      CREATE TABLE stock (
        sku text COLLATE "C" PRIMARY KEY REFERENCES products,
        available int NOT NULL CHECK (available >= 0),
        held int NOT NULL DEFAULT 0 CHECK (held >= 0),
        sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
        fence_epoch bigint NOT NULL DEFAULT 0,
        fence_n bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 80)`);
    await createLedger(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE stock_ledger, stock, products');
    await runner.query('DROP FUNCTION refuse_change');
  }
}

/** One entry a transaction: a batch of a hundred orders adds one row, whatever it moved. */
async function createLedger(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE stock_ledger (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at timestamptz NOT NULL DEFAULT now(),
      kind text NOT NULL CHECK (kind IN ('initial', 'restock', 'write-off', 'orders', 'expiry')),
      skus text[] NOT NULL,
      available int[] NOT NULL,
      held int[] NOT NULL,
      sold int[] NOT NULL,
      CHECK (cardinality(available) = cardinality(skus)
         AND cardinality(held) = cardinality(skus)
         AND cardinality(sold) = cardinality(skus))
    )`);
  await runner.query(`COMMENT ON TABLE stock_ledger IS
    'Every movement of stock, one entry a transaction. available, held and sold are differences, one for each of skus:
     their sums over all entries are the stock.'`);
  await runner.query(`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% on %: entries are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Correct a mistake by a further entry.';
    END $$`);
  await runner.query(`
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_ledger
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
  // A trigger, since a missing privilege would not stop the table's owner. Always, since a session that applies changes as a
  // replica does would pass by any other.
  await runner.query('ALTER TABLE stock_ledger ENABLE ALWAYS TRIGGER append_only');
}
