import type { Tx } from '@ringshop/messaging';
import type { Pool } from '@ringshop/service-defaults';
import { orderIdOf, type PaymentCommand } from './payment-command.ts';

/** A command the provider gave no answer to. */
export interface Unresolved {
  command: PaymentCommand;
  attempts: number;
}

/** Keeps commands for a later attempt; one that is kept already is put off. */
export async function keepUnresolved(
  tx: Tx,
  commands: readonly { command: PaymentCommand; attempts: number; retryInMs: number }[],
): Promise<void> {
  const unique = new Map(commands.map((kept) => [key(kept.command), kept]));
  const kept = [...unique.keys()].sort().map((id) => unique.get(id)!);
  await tx.query({
    ...keep,
    values: [
      kept.map(({ command }) => orderIdOf(command)),
      kept.map(({ command }) => command.name),
      kept.map(({ command }) => JSON.stringify(command.event)),
      kept.map(({ attempts }) => attempts),
      kept.map(({ retryInMs }) => retryInMs),
    ],
  });
}

export async function dropUnresolved(tx: Pick<Tx, 'query'>, commands: readonly PaymentCommand[]): Promise<void> {
  await tx.query({ ...drop, values: [commands.map(orderIdOf), commands.map(({ name }) => name)] });
}

/** Takes commands that are due, for `leaseMs`: should this process die, another one takes them after that. */
export async function claimUnresolved(pool: Pool, limit: number, leaseMs: number): Promise<Unresolved[]> {
  const { rows } = await pool.query<PaymentCommand & { attempts: number }>({ ...claim, values: [limit, leaseMs] });
  return rows.map(({ attempts, ...command }) => ({ command, attempts }));
}

/** How many there are, and for how long the oldest has been kept. */
export async function unresolvedBacklog(pool: Pool): Promise<{ count: number; oldestS: number }> {
  const { rows } = await pool.query<{ count: number; oldestS: number }>(backlog);
  return rows[0]!;
}

const key = (command: PaymentCommand) => `${orderIdOf(command)} ${command.name}`;

const keep = {
  name: 'unresolved-keep',
  text: `INSERT INTO unresolved_commands (order_id, command, event, attempts, next_attempt_at)
         SELECT order_id, command, event, attempts, now() + retry_in_ms * interval '1 millisecond'
         FROM unnest($1::uuid[], $2::text[], $3::json[], $4::int[], $5::float8[])
           AS kept (order_id, command, event, attempts, retry_in_ms)
         ON CONFLICT (order_id, command) DO UPDATE SET
           attempts = greatest(unresolved_commands.attempts, excluded.attempts),
           next_attempt_at = excluded.next_attempt_at`,
};

const backlog = {
  name: 'unresolved-backlog',
  text: `SELECT count(*)::int AS count,
                coalesce(extract(epoch FROM now() - min(kept_at)), 0)::float8 AS "oldestS"
         FROM unresolved_commands`,
};

const drop = {
  name: 'unresolved-drop',
  text: `DELETE FROM unresolved_commands
         WHERE (order_id, command) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))`,
};

const claim = {
  name: 'unresolved-claim',
  text: `UPDATE unresolved_commands SET
           attempts = attempts + 1,
           next_attempt_at = now() + $2 * interval '1 millisecond'
         WHERE (order_id, command) IN (
           SELECT order_id, command FROM unresolved_commands
           WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING command AS name, event, attempts`,
};
