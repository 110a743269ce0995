import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `SELECT … FOR SHARE` asks for the right to UPDATE at least one column. This is that one: nobody can change its value, so a
 * service can be given the right to lock its slots and none to take or give one away. Virtual: it is stored nowhere.
 */
export class LockSlotsWithoutChangingThem1763683200040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE owned_slots ADD COLUMN lockable boolean GENERATED ALWAYS AS (true) VIRTUAL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE owned_slots DROP COLUMN lockable');
  }
}
