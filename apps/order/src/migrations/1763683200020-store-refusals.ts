import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A refusal that came out of doing the request is the answer of its key, as an order is. */
export class StoreRefusals1763683200020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ADD COLUMN refusal text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys DROP COLUMN refusal');
  }
}
