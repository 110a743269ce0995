import { inboxSchema, outboxSchema } from '@ringshop/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOutboxAndInbox1763683200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outboxSchema);
    await runner.query(inboxSchema);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE inbox, outbox');
  }
}
