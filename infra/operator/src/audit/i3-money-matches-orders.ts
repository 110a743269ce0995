import type { Evidence, Invariant, LedgerEntry, SettledOrder, Violation } from './evidence.ts';

/**
 * Order by order and not as one sum, in which a missing capture and a double one could cancel out.
 * A payment of which no shard knows the order is a violation as well: money without a reason.
 */
export const moneyMatchesOrders: Invariant = {
  id: 'I3',
  title: 'captured − refunded = total of every confirmed order, and no authorisation dangles',
  async check(evidence) {
    const payments = Map.groupBy(await evidence.ledger(), ({ orderId }) => orderId);
    const ended = evidence.settled.filter(({ parked }) => !parked);
    const wrong = ended.flatMap((order) => wrongWith(order, payments.get(order.orderId) ?? []));
    const orphans = await withoutOrder(evidence, [...payments.keys()]);
    return { checked: ended.length + payments.size, violations: [...wrong, ...orphans] };
  },
};

function wrongWith({ orderId: subject, status, total }: SettledOrder, payments: LedgerEntry[]): Violation[] {
  const sum = (of: (entry: LedgerEntry) => number) => payments.reduce((all, entry) => all + of(entry), 0);
  const kept = sum(({ captured, refunded }) => captured - refunded);
  const due = status === 'confirmed' ? total : 0;
  const dangling = sum(({ authorised, captured, voided }) => authorised - captured - voided);
  return [
    ...(kept === due ? [] : [{ subject, problem: `${status} with ${due} due, but the provider keeps ${kept}` }]),
    ...(dangling === 0 ? [] : [{ subject, problem: `${status}, but ${dangling} stay authorised at the provider` }]),
  ];
}

async function withoutOrder({ databases, settled }: Evidence, paid: string[]): Promise<Violation[]> {
  const known = new Set(settled.map(({ orderId }) => orderId));
  const strange = paid.filter((orderId) => !known.has(orderId));
  const found = databases.shards.map(({ database }) =>
    database.rows<{ id: string }>('SELECT order_id::text AS id FROM orders WHERE order_id::text = ANY($1)', [strange]),
  );
  for (const { id } of (await Promise.all(found)).flat()) known.add(id);
  return strange
    .filter((orderId) => !known.has(orderId))
    .map((subject) => ({ subject, problem: 'the provider has a payment for it, but no shard has this order' }));
}
