import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePayments1763683200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // No index but the key, and room on the page: changes of state stay HOT updates.
    await runner.query(`
      CREATE TABLE payments (
        order_id uuid PRIMARY KEY,
        state text NOT NULL CHECK (state IN
          ('authorising', 'authorised', 'declined', 'capturing', 'voiding', 'captured', 'voided')),
        stage smallint NOT NULL,
        amount bigint CHECK (amount >= 0),
        currency text,
        reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 55)`);
    await runner.query(`COMMENT ON COLUMN payments.stage IS 'How far the state is on its way; it only grows.'`);
    await runner.query(
      `COMMENT ON COLUMN payments.amount IS 'Minor units; null where a void came before its authorise.'`,
    );
    await runner.query(`
      CREATE TABLE unresolved_commands (
        order_id uuid NOT NULL,
        command text NOT NULL,
        event json NOT NULL,
        attempts int NOT NULL,
        next_attempt_at timestamptz NOT NULL,
        PRIMARY KEY (order_id, command)
      )`);
    await runner.query(
      `COMMENT ON TABLE unresolved_commands IS
       'Commands whose outcome at the provider is not known yet. Payment tokens in them are sealed.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE unresolved_commands, payments');
  }
}
