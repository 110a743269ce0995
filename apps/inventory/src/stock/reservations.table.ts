import type { PricedLine } from '@ringshop/contracts';
import type { Tx } from '@ringshop/messaging';
import { RetriableError } from '@ringshop/service-defaults';
import { currency, type Reservation, type ReservationState, type StockReply } from './reservation.ts';

interface Row {
  order_id: string;
  state: ReservationState;
  lines: PricedLine[];
  total_amount: number;
  held_until: Date | null;
  reply: StockReply | null;
}

const columns = 'order_id, state, lines, total_amount, held_until, reply';

/** Locks the reservations of these orders, in id order, until the transaction ends. */
export async function lockReservations(tx: Tx, orderIds: readonly string[]): Promise<Reservation[]> {
  const { rows } = await tx.query<Row>({
    name: 'reservations-lock',
    text: `SELECT ${columns} FROM reservations WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    values: [orderIds],
  });
  return rows.map(reservationOf);
}

/** Locks those that are still held past their time; one that a command works on at this moment is left to it. */
export async function lockOverdue(tx: Tx, orderIds: readonly string[], now: Date): Promise<Reservation[]> {
  const { rows } = await tx.query<Row>({
    name: 'reservations-overdue',
    text: `SELECT ${columns} FROM reservations
           WHERE order_id = ANY($1::uuid[]) AND state = 'HELD' AND held_until <= $2
           ORDER BY order_id FOR UPDATE SKIP LOCKED`,
    values: [orderIds, now],
  });
  return rows.map(reservationOf);
}

/**
 * @throws RetriableError when another transaction has inserted one of them since they were looked up: two replicas with
 *   the same message. Tried again, the row is found and answers.
 */
export async function insertReservations(tx: Tx, reservations: readonly Reservation[]): Promise<void> {
  if (reservations.length === 0) return;
  const inOrder = reservations.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
  const values = [
    inOrder.map(({ orderId }) => orderId),
    inOrder.map(({ state }) => state),
    inOrder.map(({ lines }) => JSON.stringify(lines)),
    inOrder.map(({ total }) => total),
    inOrder.map(({ heldUntil }) => heldUntil ?? null),
    inOrder.map(({ refusal }) => (refusal ? JSON.stringify(refusal) : null)),
    currency,
  ];
  try {
    await tx.query({ ...insert, values });
  } catch (cause) {
    if ((cause as { code?: string }).code !== '23505') throw cause;
    throw new RetriableError('another transaction has just answered one of these commands', { cause });
  }
}

/**
 * Of a reservation only the state ever changes, and only from the one it was decided on: of two who end it, one does.
 *
 * @param before the reservations as they were read, in any order, and others among them
 * @throws RetriableError when another transaction has changed one of them since
 */
export async function updateStates(
  tx: Tx,
  before: readonly Reservation[],
  reservations: readonly Reservation[],
): Promise<void> {
  if (reservations.length === 0) return;
  const states = new Map(before.map(({ orderId, state }) => [orderId, state]));
  const { rowCount } = await tx.query({
    ...update,
    values: [
      reservations.map(({ orderId }) => orderId),
      reservations.map(({ orderId }) => states.get(orderId)),
      reservations.map(({ state }) => state),
    ],
  });
  if (rowCount !== reservations.length) throw new RetriableError('another transaction has just ended a reservation');
}

const insert = {
  name: 'reservations-insert',
  text: `INSERT INTO reservations (order_id, state, lines, total_amount, held_until, reply, currency)
         SELECT order_id, state, lines::jsonb, total_amount, held_until, reply::jsonb, $7
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[])
           AS r(order_id, state, lines, total_amount, held_until, reply)`,
};

const update = {
  name: 'reservations-update',
  text: `UPDATE reservations SET state = r.after, updated_at = now()
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r(order_id, before, after)
         WHERE reservations.order_id = r.order_id AND reservations.state = r.before`,
};

const reservationOf = (row: Row): Reservation => ({
  orderId: row.order_id,
  state: row.state,
  lines: row.lines,
  total: row.total_amount,
  heldUntil: row.held_until ?? undefined,
  refusal: row.reply ?? undefined,
});
