import type { Tx } from '@ringshop/messaging';
import type { Instance } from './instance.ts';

/**
 * Written five times an order, so measured: this shape costs 3.0 kB of WAL an order, the plain one (jsonb, columns as they
 * come to mind, fillfactor 80) 4.6.
 * - json and not jsonb: it is only ever read whole.
 * - What seldom changes stands first, and the log last: an update within a page logs only what lies between.
 * - Two fifths of each page are left free (fillfactor 60): the rows of one batch stand, and change, together.
 * - Of what changes only `done` is indexed: an index on `deadline` or `state` would end HOT updates, and open sagas are few.
 */
export const sagaSchema = `
CREATE TABLE sagas (
  saga_id uuid NOT NULL,
  name text NOT NULL,
  version int NOT NULL,
  created_at timestamptz NOT NULL,
  data json NOT NULL,
  state text NOT NULL,
  step text NOT NULL,
  attempts int NOT NULL,
  asked_at timestamptz NOT NULL,
  deadline timestamptz,
  reason text,
  done boolean NOT NULL,
  attention_since timestamptz,
  last_error text,
  updated_at timestamptz NOT NULL,
  log json NOT NULL,
  PRIMARY KEY (saga_id, name)
) WITH (fillfactor = 60);
CREATE INDEX sagas_open ON sagas (saga_id) WHERE NOT done;
COMMENT ON TABLE sagas IS 'One process instance a row; saga_id is the id of what it is about (the order), of which there may be one of each name.';
COMMENT ON COLUMN sagas.step IS 'The step whose action (state acting) or compensation (compensating, undoing) is waited for.';
COMMENT ON COLUMN sagas.deadline IS 'When waiting is over and a sweep gives up or asks again; null once done.';
COMMENT ON COLUMN sagas.log IS '[[ms since created_at, what, detail, times], ...]';
COMMENT ON COLUMN sagas.attention_since IS 'Parked: retried for too long, still being retried.';
`;

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const columns = `saga_id AS id, name, version, state, step, attempts, ${ms('asked_at')} AS "askedAt",
  ${ms('deadline')} AS deadline, reason, data, log, done, ${ms('attention_since')} AS "attentionSince",
  last_error AS "lastError", ${ms('created_at')} AS "createdAt", ${ms('updated_at')} AS "updatedAt"`;

/** Locks these sagas, in id order so that two batches with the same ids cannot deadlock. Missing ids are left out. */
export async function lockSagas<Data>(tx: Tx, ids: string[]): Promise<Instance<Data>[]> {
  const { rows } = await tx.query<Instance<Data>>({
    name: 'saga-lock',
    text: `SELECT ${columns} FROM sagas WHERE saga_id = ANY ($1::uuid[]) ORDER BY saga_id, name FOR UPDATE`,
    values: [ids],
  });
  return rows;
}

export interface Due {
  now: number;
  /** No deadline can be further ahead than this; one that is is due. */
  longestWaitMs: number;
  limit: number;
  /** Ids that are not wanted. */
  except: string[];
}

/** Locks sagas whose deadline has passed, or cannot be right; one that another runner has in hand is left to it. */
export async function claimDue<Data>(tx: Tx, { now, longestWaitMs, limit, except }: Due): Promise<Instance<Data>[]> {
  const { rows } = await tx.query<Instance<Data>>({
    name: 'saga-claim-due',
    text: `SELECT ${columns} FROM sagas WHERE NOT done
             AND (deadline <= to_timestamp($1 / 1000.0) OR deadline > to_timestamp(($1 + $4) / 1000.0))
             AND saga_id <> ALL ($3::uuid[])
           ORDER BY saga_id, name LIMIT $2 FOR UPDATE SKIP LOCKED`,
    values: [now, limit, except, longestWaitMs],
  });
  return rows;
}

/** Begins sagas of one definition. */
export function insertSagas<Data>(tx: Tx, sagas: Instance<Data>[]): void {
  tx.last({
    name: 'saga-insert',
    text: `INSERT INTO sagas (saga_id, name, ${changing.join(', ')}, version, created_at)
           SELECT n.*, $15, n.updated_at FROM ${rows}`,
    values: [...valuesOf(sagas), sagas[0]!.version],
  });
}

/** Writes sagas that this transaction has locked. */
export function updateSagas<Data>(tx: Tx, sagas: Instance<Data>[]): void {
  tx.last({
    name: 'saga-update',
    text: `UPDATE sagas SET ${changing.map((column) => `${column} = n.${column}`).join(', ')}
           FROM ${rows} WHERE sagas.saga_id = n.saga_id AND sagas.name = n.name`,
    values: valuesOf(sagas),
  });
}

const changing = [
  'state',
  'step',
  'attempts',
  'asked_at',
  'deadline',
  'reason',
  'data',
  'log',
  'done',
  'attention_since',
  'last_error',
  'updated_at',
];
const time = (column: string) => `to_timestamp(${column} / 1000) AS ${column}`;
const rows = `(
  SELECT saga_id, name, state, step, attempts, ${time('asked_at')}, ${time('deadline')}, reason, data::json, log::json, done,
         ${time('attention_since')}, last_error, ${time('updated_at')}
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::float8[], $7::float8[], $8::text[], $9::text[],
              $10::text[], $11::bool[], $12::float8[], $13::text[], $14::float8[])
       AS u (saga_id, name, ${changing.join(', ')})) AS n`;

/** One array a column: a statement has the same text, and is prepared once, for any number of rows. */
const valuesOf = <Data>(sagas: Instance<Data>[]): unknown[] => [
  sagas.map((saga) => saga.id),
  sagas.map((saga) => saga.name),
  sagas.map((saga) => saga.state),
  sagas.map((saga) => saga.step),
  sagas.map((saga) => saga.attempts),
  sagas.map((saga) => saga.askedAt),
  sagas.map((saga) => saga.deadline),
  sagas.map((saga) => saga.reason),
  sagas.map((saga) => JSON.stringify(saga.data)),
  sagas.map((saga) => JSON.stringify(saga.log)),
  sagas.map((saga) => saga.done),
  sagas.map((saga) => saga.attentionSince),
  sagas.map((saga) => saga.lastError),
  sagas.map((saga) => saga.updatedAt),
];
