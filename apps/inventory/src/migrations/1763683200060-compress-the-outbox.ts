import { outboxStorage } from '@ringshop/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is there already stays as it is, and is gone within seconds. */
export class CompressTheOutbox1763683200060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxStorage);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL');
  }
}
