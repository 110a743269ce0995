import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // fillfactor leaves room for the row's next version on its page; no index holds a column that changes, so that
    // status changes stay HOT updates.
    await runner.query(`
      CREATE TABLE orders (
        order_id uuid PRIMARY KEY,
        customer_id uuid NOT NULL,
        status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'rejected', 'cancelling', 'cancelled')),
        reason text,
        lines jsonb NOT NULL,
        total_amount bigint CHECK (total_amount >= 0),
        currency text,
        ship_to text NOT NULL,
        placed_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        version int NOT NULL CHECK (version > 0)
      ) WITH (fillfactor = 80)`);
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
