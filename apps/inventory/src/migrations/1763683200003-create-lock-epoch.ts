import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLockEpoch1763683200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE lock_epoch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        epoch bigint NOT NULL,
        memory text
      )`);
    await runner.query('INSERT INTO lock_epoch (epoch) VALUES (0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE lock_epoch');
  }
}
