import type { Database } from '../databases.ts';
import type { Evidence, Invariant, SettledOrder, Violation } from './evidence.ts';

/** Older than any batch, send and sweep takes while all is well. */
const stuckAfterSeconds = 15;

interface Reservation {
  orderId: string;
  state: string;
  lines: { sku: string; quantity: number }[];
}

/** Nothing waits in an outbox for long, and what a settled order sold is exactly what it says. */
export const everyEffectOnce: Invariant = {
  id: 'I8',
  title: 'outboxes are empty when quiet, and every effect happened once',
  async check({ databases, settled }) {
    const { inventory, payment, shards } = databases;
    const senders = [inventory, payment, ...shards.map(({ database }) => database)];
    const stuck = (await Promise.all(senders.map(stuckMessages))).flat();
    const reservations = await inventory.rows<Reservation>(
      'SELECT order_id AS "orderId", state, lines FROM reservations',
    );
    const byOrder = new Map(reservations.map((reservation) => [reservation.orderId, reservation]));
    const ended = settled.filter(({ parked }) => !parked);
    const violations = ended.flatMap((order) => wrongWith(order, byOrder.get(order.orderId)));
    return { checked: senders.length + ended.length, violations: [...stuck, ...violations] };
  },
};

async function stuckMessages(database: Database): Promise<Violation[]> {
  const rows = await database.rows<{ id: string; age: number }>(
    `SELECT id::text, extract(epoch FROM now() - created_at)::int AS age
       FROM outbox WHERE created_at < now() - make_interval(secs => $1)`,
    [stuckAfterSeconds],
  );
  return rows.map(({ id, age }) => ({
    subject: `outbox row ${id} of ${database.name}`,
    problem: `waits since ${age} s`,
  }));
}

function wrongWith(order: SettledOrder, reservation: Reservation | undefined): Violation[] {
  const sold = reservation?.state === 'COMMITTED';
  const { orderId: subject, status } = order;
  if (status !== 'confirmed') return sold ? [{ subject, problem: `${status}, but its units are sold` }] : [];
  if (!sold) return [{ subject, problem: `confirmed, but its reservation is ${reservation?.state ?? 'missing'}` }];
  const [asked, got] = [order.lines, reservation.lines].map(units);
  return asked === got ? [] : [{ subject, problem: `ordered ${asked}, but sold ${got}` }];
}

const units = (lines: Evidence['settled'][number]['lines']) =>
  lines
    .map(({ sku, quantity }) => `${quantity} × ${sku}`)
    .toSorted()
    .join(', ');
