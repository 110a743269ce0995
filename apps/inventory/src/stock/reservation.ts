import type {
  commitStock,
  Line,
  PricedLine,
  ReplyOf,
  releaseStock,
  reserveStock,
  returnStock,
} from '@ringshop/contracts';
import type { Shelves } from './shelves.ts';

/**
 * HELD       units are set aside for the order until `heldUntil`
 * COMMITTED  they are sold
 * RELEASED   given back, or never taken; final: a late reserve or commit is refused
 * EXPIRED    given back because the time was over; a commit may still take them again
 * REFUSED    the reserve was refused, and `refusal` is what a repeated one is told
 * RETURNED   given back because the order was cancelled; final: whatever comes later is refused
 *
 * HELD → COMMITTED | RELEASED | EXPIRED | RETURNED; EXPIRED → COMMITTED | RELEASED | RETURNED; COMMITTED → RETURNED;
 * nothing → any but EXPIRED and COMMITTED.
 */
export type ReservationState = 'HELD' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED' | 'RETURNED';

export type StockReply =
  | ReplyOf<typeof reserveStock>
  | ReplyOf<typeof releaseStock>
  | ReplyOf<typeof commitStock>
  | ReplyOf<typeof returnStock>;

export interface Reservation {
  orderId: string;
  state: ReservationState;
  lines: PricedLine[];
  /** Minor units of `currency`. */
  total: number;
  heldUntil: Date | undefined;
  refusal: StockReply | undefined;
}

export interface ReserveRequest {
  orderId: string;
  lines: Line[];
  expectedTotal?: { amount: number } | undefined;
  /** The sender waits no longer than this. */
  expiresAt: Date | undefined;
}

export const currency = 'EUR' as const;

/** A reservation that was never held: a tombstone, or a refusal to be repeated. */
const withoutUnits = (
  orderId: string,
  state: 'RELEASED' | 'REFUSED' | 'RETURNED',
  refusal?: StockReply,
): Reservation => ({
  orderId,
  state,
  lines: [],
  total: 0,
  heldUntil: undefined,
  refusal,
});

const unavailable = { name: 'stock-unavailable', data: {} } as const;

export interface Decision {
  reservation: Reservation;
  reply: StockReply;
}

/**
 * Prices and holds all lines or none. Everything but a first request is answered from what was decided before.
 *
 * @param at.refusing no units may be taken now, and this order is told so for good: its saga does not come again
 */
export function reserve(
  known: Reservation | undefined,
  request: ReserveRequest,
  shelves: Shelves,
  at: { now: Date; holdMs: number; refusing?: boolean | undefined },
): Decision {
  if (known) return { reservation: known, reply: repeated(known) };
  const { orderId, lines, expiresAt } = request;
  // The saga has given up and its release is under way: units taken now would wait for it, or for their expiry.
  if (expiresAt && expiresAt <= at.now) {
    const tombstone = withoutUnits(orderId, 'RELEASED');
    return { reservation: tombstone, reply: repeated(tombstone) };
  }
  const refusal = at.refusing ? unavailable : refusalOf(request, shelves);
  if (refusal) return { reservation: withoutUnits(orderId, 'REFUSED', refusal), reply: refusal };
  const held: Reservation = {
    orderId,
    state: 'HELD',
    lines: priced(lines, shelves),
    total: totalOf(lines, shelves),
    heldUntil: new Date(at.now.getTime() + at.holdMs),
    refusal: undefined,
  };
  shelves.move(held.lines, 'available', 'held');
  return { reservation: held, reply: repeated(held) };
}

/** Gives held units back; for an order that holds none it only sees to it that it never will. */
export function release(known: Reservation | undefined, orderId: string, shelves: Shelves): Decision {
  const reply = { name: 'stock-released', data: {} } as const;
  if (!known) return { reservation: withoutUnits(orderId, 'RELEASED'), reply };
  if (known.state === 'HELD') shelves.move(known.lines, 'held', 'available');
  const isOver = known.state === 'HELD' || known.state === 'EXPIRED';
  return { reservation: isOver ? { ...known, state: 'RELEASED' } : known, reply };
}

/** Takes back what the order holds or has bought; for an order that has neither it only sees to it that it never will. */
export function returnUnits(known: Reservation | undefined, orderId: string, shelves: Shelves): Decision {
  const reply = { name: 'stock-returned', data: {} } as const;
  if (!known) return { reservation: withoutUnits(orderId, 'RETURNED'), reply };
  if (known.state === 'HELD') shelves.move(known.lines, 'held', 'available');
  if (known.state === 'COMMITTED') shelves.move(known.lines, 'sold', 'available');
  const ends = known.state === 'HELD' || known.state === 'COMMITTED' || known.state === 'EXPIRED';
  return { reservation: ends ? { ...known, state: 'RETURNED' } : known, reply };
}

/** Sells the held units. Units that expired meanwhile are taken again, or the reservation is gone for good. */
export function commit(known: Reservation | undefined, orderId: string, shelves: Shelves): Decision {
  const gone = { name: 'reservation-gone', data: {} } as const;
  const sold = { name: 'stock-committed', data: {} } as const;
  switch (known?.state) {
    case 'COMMITTED':
      return { reservation: known, reply: sold };
    case 'HELD':
      shelves.move(known.lines, 'held', 'sold');
      return { reservation: { ...known, state: 'COMMITTED' }, reply: sold };
    case 'EXPIRED':
      if (shelves.lacking(known.lines).length > 0) return { reservation: { ...known, state: 'RELEASED' }, reply: gone };
      shelves.move(known.lines, 'available', 'sold');
      return { reservation: { ...known, state: 'COMMITTED' }, reply: sold };
    case 'RETURNED':
      return { reservation: known, reply: { name: 'commit-refused', data: { reason: 'closed' } } };
    default:
      return { reservation: known ?? withoutUnits(orderId, 'RELEASED'), reply: gone };
  }
}

export function expire(held: Reservation, shelves: Shelves): Reservation {
  shelves.move(held.lines, 'held', 'available');
  return { ...held, state: 'EXPIRED' };
}

function repeated({ state, refusal, lines, total, heldUntil }: Reservation): StockReply {
  if (refusal) return refusal;
  if (state !== 'HELD' && state !== 'COMMITTED') return { name: 'reservation-refused', data: {} };
  const data = { lines, total: { amount: total, currency }, heldUntil: heldUntil!.toISOString() };
  return { name: 'stock-reserved', data };
}

function refusalOf({ lines, expectedTotal }: ReserveRequest, shelves: Shelves): StockReply | undefined {
  const unknown = lines.filter(({ sku }) => !shelves.knows(sku));
  if (unknown.length > 0) return { name: 'unknown-sku', data: { skus: [...new Set(unknown.map(({ sku }) => sku))] } };
  const total = totalOf(lines, shelves);
  if (expectedTotal && expectedTotal.amount !== total) {
    return { name: 'price-changed', data: { total: { amount: total, currency } } };
  }
  const lacking = shelves.lacking(lines);
  return lacking.length > 0 ? { name: 'out-of-stock', data: { skus: lacking } } : undefined;
}

const priced = (lines: Line[], shelves: Shelves): PricedLine[] =>
  lines.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: { amount: shelves.priceOf(sku), currency } }));

const totalOf = (lines: Line[], shelves: Shelves) =>
  lines.reduce((sum, { sku, quantity }) => sum + quantity * shelves.priceOf(sku), 0);
