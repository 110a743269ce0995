import { setTimeout as sleep } from 'node:timers/promises';
import type { Databases, Shard } from '../databases.ts';
import type { SettledOrder } from './evidence.ts';

/** What was accepted before the audit began, by each shard's own clock. */
export type Cutoffs = Map<string, Cutoff>;

interface Cutoff {
  before: Date;
  /** Orders that were there already, and say that they were placed later: by a replica whose clock was ahead. */
  ahead: string[];
}

export async function cutoffs({ shards }: Databases): Promise<Cutoffs> {
  const entries = shards.map(async ({ name, database }) => {
    const [row] = await database.rows<Cutoff>(
      `SELECT now() AS before, ARRAY(SELECT order_id::text FROM orders WHERE placed_at > now()) AS ahead`,
    );
    return [name, row!] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Waits until every order accepted before the audit is over or parked. Answers the ids of those that are not. */
export async function waitUntilSettled(databases: Databases, since: Cutoffs, withinMs: number): Promise<string[]> {
  const until = Date.now() + withinMs;
  for (;;) {
    const perShard = await Promise.all(databases.shards.map((shard) => underWay(shard, since.get(shard.name)!)));
    const open = perShard.flat();
    if (open.length === 0 || Date.now() >= until) return open;
    await sleep(250);
  }
}

/** An order may have two: the one that placed it, and the one that cancels it. */
const sagasOfOrder = `LATERAL (
  SELECT coalesce(bool_or(attention_since IS NOT NULL), false) AS parked, coalesce(bool_and(done), true) AS done
    FROM sagas WHERE saga_id = o.order_id) AS s`;

const accepted = '(o.placed_at <= $1 OR o.order_id = ANY ($2::uuid[]))';

async function underWay({ database }: Shard, { before, ahead }: Cutoff): Promise<string[]> {
  const rows = await database.rows<{ order_id: string }>(
    `SELECT o.order_id
       FROM orders o, ${sagasOfOrder}
      WHERE ${accepted} AND NOT s.parked AND (o.status IN ('pending', 'cancelling') OR NOT s.done)`,
    [before, ahead],
  );
  return rows.map(({ order_id }) => order_id);
}

/** The orders that have ended, now and whenever it is asked again. */
export async function settledEvidence(databases: Databases, since: Cutoffs) {
  const settled = await settledOrders(databases, since);
  const versions = new Map(settled.map(({ orderId, version }) => [orderId, version]));
  const stillSettled = async () =>
    (await settledOrders(databases, since)).filter(({ orderId, version }) => versions.get(orderId) === version);
  return { settled, stillSettled };
}

async function settledOrders({ shards }: Databases, since: Cutoffs): Promise<SettledOrder[]> {
  const perShard = shards.map(({ name, database }) => {
    const { before, ahead } = since.get(name)!;
    return database.rows<SettledOrder>(
      `SELECT o.order_id AS "orderId", o.customer_id AS "customerId", $3 AS shard, o.status, o.lines,
              o.total_amount::float8 AS total, o.version, s.parked
         FROM orders o, ${sagasOfOrder}
        WHERE ${accepted} AND (s.parked OR o.status NOT IN ('pending', 'cancelling') AND s.done)`,
      [before, ahead, name],
    );
  });
  return (await Promise.all(perShard)).flat();
}

export interface ParkedSaga {
  orderId: string;
  shard: string;
  step: string;
  since: string;
  error: string | null;
}

export async function parkedSagas({ shards }: Databases): Promise<ParkedSaga[]> {
  const perShard = shards.map(({ name, database }) =>
    database.rows<ParkedSaga>(
      `SELECT saga_id AS "orderId", $1 AS shard, step, attention_since AS since, last_error AS error
         FROM sagas WHERE attention_since IS NOT NULL ORDER BY attention_since`,
      [name],
    ),
  );
  return (await Promise.all(perShard)).flat();
}
