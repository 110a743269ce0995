import { outboxSchema } from '@ringshop/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** There is no inbox: a payment's row, one an order, is what recognises a repeated command. */
export class CreateOutbox1763683200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxSchema);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox');
  }
}
