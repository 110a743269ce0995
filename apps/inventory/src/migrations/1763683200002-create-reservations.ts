import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateReservations1763683200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What changes stands side by side at the end: an update within a page logs what lies between the first and the last difference.
    await runner.query(`
      CREATE TABLE reservations (
        order_id uuid PRIMARY KEY,
        lines jsonb NOT NULL,
        total_amount bigint NOT NULL,
        currency text NOT NULL,
        held_until timestamptz,
        reply jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL CHECK (state IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED')),
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 55)`);
    await runner.query(`COMMENT ON COLUMN reservations.reply IS
      'The refusal of a reserve, to be repeated; the answer to one that was granted is in the other columns.'`);
    // For the expiry sweep.
    await runner.query(
      'CREATE INDEX reservations_held_until ON reservations USING brin (held_until) WITH (autosummarize = on)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE reservations');
  }
}
