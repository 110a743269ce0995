import type { MigrationInterface, QueryRunner } from 'typeorm';

const states = (names: string) => `
  ALTER TABLE payments DROP CONSTRAINT payments_state_check,
    ADD CONSTRAINT payments_state_check CHECK (state IN
      ('authorising', 'authorised', 'declined', 'capturing', 'voiding', 'captured', 'voided'${names}))`;

export class ClosePayments1763683200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(states(", 'closing', 'refunded'"));
    await runner.query('ALTER TABLE unresolved_commands ADD COLUMN kept_at timestamptz NOT NULL DEFAULT now()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE unresolved_commands DROP COLUMN kept_at');
    await runner.query(states(''));
  }
}
