import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For a database from before an order could have two: `sagaSchema` creates a new one like that from the beginning. */
export class SeveralSagasOfAnOrder1763683200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sagas DROP CONSTRAINT sagas_pkey, ADD PRIMARY KEY (saga_id, name)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sagas DROP CONSTRAINT sagas_pkey, ADD PRIMARY KEY (saga_id)');
  }
}
