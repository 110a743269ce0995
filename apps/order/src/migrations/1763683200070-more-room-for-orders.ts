import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For a database from before; its full pages stay as they are. `CreateOrders` says why. */
export class MoreRoomForOrders1763683200070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders SET (fillfactor = 45)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders SET (fillfactor = 60)');
  }
}
