import type { OrderReason, OrderStatus } from '@ringshop/contracts';
import type { Participants } from './participants.kit.ts';

/** What somebody outside saw of one order, once nothing was under way any more. */
export interface Seen {
  /** All statuses that it had, in their order. */
  statuses: OrderStatus[];
  reason: OrderReason | null;
  /** The status at which its cancellation was accepted first. */
  cancelledWhile: OrderStatus | null;
  /** Somebody was silent for too long, or the reservation was about to expire. */
  late: boolean;
  participants: Pick<Participants, 'stock' | 'payment' | 'effects' | 'answered'>;
}

const nothingHeld = ['none', 'refused', 'expired', 'lost', 'released'];
const nothingTaken = ['none', 'declined', 'voided'];

/** How an order may end: its statuses, where that leaves the stock and the money, and what a customer said meanwhile. */
const ends = [
  { path: 'pending confirmed', stock: ['committed'], payment: ['captured'], cancelledWhile: null },
  { path: 'pending rejected', stock: nothingHeld, payment: nothingTaken, cancelledWhile: null },
  { path: 'pending cancelled', stock: nothingHeld, payment: nothingTaken, cancelledWhile: 'pending' },
  { path: 'pending confirmed cancelled', stock: ['released'], payment: ['voided'], cancelledWhile: null },
  {
    path: 'pending confirmed cancelling cancelled',
    stock: ['returned', 'released'],
    payment: ['voided', 'refunded'],
    cancelledWhile: 'confirmed',
  },
];

/** A reason is not given without what it tells of. */
const evidence: Record<string, (seen: Seen) => boolean> = {
  'out-of-stock': ({ participants }) => participants.answered.has('out-of-stock'),
  'stock-unavailable': ({ participants }) => participants.answered.has('stock-unavailable'),
  'payment-declined': ({ participants }) => participants.answered.has('payment-declined'),
  'stock-lost': ({ participants }) => participants.answered.has('reservation-gone'),
  'timed-out': ({ late, participants }) => late || participants.answered.has('reservation-refused'),
  customer: ({ cancelledWhile }) => cancelledWhile !== null,
};

/**
 * The model: which ends are legal, given what happened.
 *
 * @returns the name of the end
 * @throws when money, stock and order do not agree, an effect came twice, or a cancellation did not win or lose as a whole
 */
export function endOf(seen: Seen): string {
  const { participants, statuses, reason, cancelledWhile } = seen;
  const { stock, payment, effects } = participants;
  const what = `${statuses.join(' ')} (${reason}), cancelled while ${cancelledWhile}, stock ${stock}, payment ${payment}`;
  const end = ends.find(({ path }) => path === statuses.join(' '));
  if (!end) throw new Error(`no way for an order to go: ${what}`);
  if (!end.stock.includes(stock) || !end.payment.includes(payment)) throw new Error(`order, stock and money: ${what}`);
  if (end.cancelledWhile !== cancelledWhile) throw new Error(`a cancellation that half won: ${what}`);
  if (reason === null ? statuses.at(-1) !== 'confirmed' : !evidence[reason]!(seen))
    throw new Error(`no reason: ${what}`);
  if (new Set(effects).size !== effects.length) throw new Error(`twice: ${effects.join(' ')}`);
  if (effects.includes('captured') && effects.includes('voided'))
    throw new Error(`taken and freed: ${effects.join(' ')}`);
  return [statuses.join(' '), reason, ...(cancelledWhile === 'confirmed' ? [payment] : [])].filter(Boolean).join(', ');
}
