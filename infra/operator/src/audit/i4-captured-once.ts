import type { Invariant, LedgerEntry, SettledOrder, Violation } from './evidence.ts';

/** Asked of the provider, whose word counts, and of the payment service's own record, which must agree with it. */
export const capturedOnce: Invariant = {
  id: 'I4',
  title: 'exactly one capture per confirmed order, at most one for any, refunded if cancelled',
  async check({ databases, ledger, settled }) {
    const captures = Map.groupBy(
      (await ledger()).filter(({ captured }) => captured > 0),
      ({ orderId }) => orderId,
    );
    const records = await databases.payment.rows<{ orderId: string; state: string }>(
      'SELECT order_id AS "orderId", state FROM payments',
    );
    const states = new Map(records.map(({ orderId, state }) => [orderId, state.toLowerCase()]));
    const violations = settled.flatMap((order) =>
      wrongWith(order, captures.get(order.orderId) ?? [], states.get(order.orderId)),
    );
    return { checked: settled.length, violations };
  },
};

function wrongWith(order: SettledOrder, captures: LedgerEntry[], recorded: string | undefined): Violation[] {
  const { orderId: subject, status, total, parked } = order;
  const captured = captures.reduce((all, entry) => all + entry.captured, 0);
  const refunded = captures.reduce((all, entry) => all + entry.refunded, 0);
  const isDue = status === 'confirmed' && !parked;
  const problems = [
    captures.length > 1 && `captured by ${captures.length} payments`,
    captured > (total ?? 0) && `captured ${captured} of a total of ${total ?? 0}: more than once`,
    isDue && captures.length === 0 && 'confirmed, but never captured',
    isDue && recorded !== 'captured' && `captured, but recorded as ${recorded ?? 'nothing'} by the payment service`,
    status === 'cancelled' && captured !== refunded && `cancelled, but only ${refunded} of ${captured} refunded`,
  ];
  return problems.filter((problem) => problem !== false).map((problem) => ({ subject, problem }));
}
