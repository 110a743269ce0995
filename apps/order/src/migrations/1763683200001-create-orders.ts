import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // An order is written twice: placed and decided, and the rows of one batch change together. Room for that
    // on the page (fillfactor 45: 87 % HOT updates; 60: 57 %; 80: 30 %), no index on a column that changes, and what never changes
    // in front, since an update within a page logs only what lies between the first and the last difference.
    await runner.query(`
      CREATE TABLE orders (
        order_id uuid PRIMARY KEY,
        customer_id uuid NOT NULL,
        placed_at timestamptz NOT NULL,
        ship_to text NOT NULL,
        status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'rejected', 'cancelling', 'cancelled')),
        reason text,
        version int NOT NULL CHECK (version > 0),
        updated_at timestamptz NOT NULL,
        total_amount bigint CHECK (total_amount >= 0),
        currency text,
        lines jsonb NOT NULL
      ) WITH (fillfactor = 45)`);
    await runner.query('CREATE INDEX orders_of_customer ON orders (customer_id, order_id DESC)');
    await runner.query(`
      CREATE TABLE idempotency_keys (
        customer_id uuid NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        order_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (customer_id, key)
      )`);
    await runner.query('CREATE TABLE owned_slots (slot int PRIMARY KEY, epoch bigint NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE owned_slots, idempotency_keys, orders');
  }
}
