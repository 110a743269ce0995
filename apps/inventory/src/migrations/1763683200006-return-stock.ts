import type { MigrationInterface, QueryRunner } from 'typeorm';

const states = (names: string) => `
  ALTER TABLE reservations DROP CONSTRAINT reservations_state_check,
    ADD CONSTRAINT reservations_state_check CHECK (state IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED'${names}))`;

export class ReturnStock1763683200006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(states(", 'RETURNED'"));
    // A tree and not BRIN any more, though the times come in rising order (docs/adr/0013): what is reserved in the place of a
    // purged tombstone would make the expiry sweep read that whole range of pages every second.
    await runner.query('DROP INDEX reservations_held_until');
    await runner.query('CREATE INDEX reservations_held_until ON reservations (held_until)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX reservations_held_until');
    await runner.query(
      'CREATE INDEX reservations_held_until ON reservations USING brin (held_until) WITH (autosummarize = on)',
    );
    await runner.query(states(''));
  }
}
