import { sagaSchema } from '@ringshop/saga';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSagas1763683200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sagaSchema);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sagas');
  }
}
