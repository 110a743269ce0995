import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePlacementMaps1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row an epoch, never changed: a gateway that asks about an old map can be told what became of it.
    await runner.query(`
      CREATE TABLE placement_maps (
        epoch      bigint PRIMARY KEY CHECK (epoch > 0),
        members    jsonb NOT NULL,
        slots      jsonb NOT NULL CHECK (jsonb_array_length(slots) = 4096),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE placement_maps');
  }
}
