import type { Evidence, Invariant, Violation } from './evidence.ts';

/** Replays the probe's key, and looks for a key that two shards have, or whose order is not there. */
export const sameKeySameOrder: Invariant = {
  id: 'I6',
  title: 'the same customer, key and body give the same order',
  async check(evidence) {
    const keys = await Promise.all(evidence.databases.shards.map(({ database }) => database.rows<KeyCount>(keyCounts)));
    const violations = [await replayed(evidence), await otherBody(evidence), ...(await keysOnTwoShards(evidence))];
    for (const { orphans } of keys.flat()) {
      for (const subject of orphans)
        violations.push({ subject, problem: 'has an idempotency key, but does not exist' });
    }
    const checked = keys.flat().reduce((sum, { count }) => sum + count, 2);
    return { checked, violations: violations.filter((violation) => violation !== undefined) };
  },
};

interface KeyCount {
  count: number;
  orphans: string[];
}

const keyCounts = `
  SELECT count(*)::int AS count,
         coalesce(array_agg(k.order_id) FILTER (WHERE o.order_id IS NULL), '{}') AS orphans
    FROM idempotency_keys k LEFT JOIN orders o USING (order_id)`;

async function replayed({ probe }: Evidence): Promise<Violation | undefined> {
  const { owner, order, key, orderId: subject } = probe;
  const answer = await owner.place(order, key);
  const { orderId } = (await answer.json()) as { orderId?: string };
  if (answer.ok && orderId === subject) return undefined;
  return { subject, problem: `its key and body, repeated, gave ${answer.status} and the order ${orderId ?? '–'}` };
}

async function otherBody({ probe }: Evidence): Promise<Violation | undefined> {
  const { owner, order, key, orderId: subject } = probe;
  const { status } = await owner.place({ ...order, lines: [{ sku: 'SKU-0001', quantity: 2 }] }, key);
  return status === 422 ? undefined : { subject, problem: `its key with another body gave ${status} instead of 422` };
}

async function keysOnTwoShards({ databases }: Evidence): Promise<Violation[]> {
  const perShard = databases.shards.map(({ database }) =>
    // Half a hash is enough to find a pair, and a tenth of the memory.
    database.rows<{ key: string }>(`SELECT left(md5(customer_id || ' ' || key), 16) AS key FROM idempotency_keys`),
  );
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { key } of (await Promise.all(perShard)).flat()) (seen.has(key) ? twice : seen).add(key);
  return [...twice].map((subject) => ({ subject, problem: 'this key (its md5) has orders on two shards' }));
}
