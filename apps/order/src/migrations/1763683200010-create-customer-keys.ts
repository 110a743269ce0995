import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCustomerKeys1763683200010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE customer_keys (
        customer_id uuid PRIMARY KEY,
        sealed_key text,
        created_at timestamptz NOT NULL DEFAULT now(),
        erased_at timestamptz,
        CHECK ((sealed_key IS NULL) = (erased_at IS NOT NULL))
      )`);
    await runner.query(`COMMENT ON TABLE customer_keys IS
      'Opens what is personal in the rows of a customer. Without a key the customer was erased: the row stays, so that none is made again.'`);
    // What is still under an old key of the ring is found, and counted, without a walk through the table.
    await runner.query(`CREATE INDEX customer_keys_by_ring_key ON customer_keys (split_part(sealed_key, '.', 1))`);
    // Likewise addresses from before there were customers' keys. Once they are sealed anew it is empty, and no insert adds to it.
    await runner.query(`CREATE INDEX orders_under_ring_key ON orders (order_id) WHERE ship_to NOT LIKE '@.%'`);
    await runner.query(`
      ALTER TABLE operator_actions
        ALTER COLUMN order_id DROP NOT NULL,
        ADD COLUMN customer_id uuid,
        ADD CONSTRAINT about_one_thing CHECK (num_nonnulls(order_id, customer_id) = 1)`);
    await runner.query(`COMMENT ON TABLE operator_actions IS
      'What people did to single orders and customers, written in the transaction that did it. Kept for ever.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM operator_actions WHERE order_id IS NULL');
    await runner.query('ALTER TABLE operator_actions DROP COLUMN customer_id, ALTER COLUMN order_id SET NOT NULL');
    await runner.query('DROP INDEX orders_under_ring_key');
    await runner.query('DROP TABLE customer_keys');
  }
}
