import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOperatorActions1763683200030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE operator_actions (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        who uuid NOT NULL,
        what text NOT NULL,
        sku text NOT NULL,
        detail text NOT NULL
      )`);
    await runner.query(`COMMENT ON TABLE operator_actions IS
      'What people did to single products, written in the transaction that did it. Kept for ever.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE operator_actions');
  }
}
