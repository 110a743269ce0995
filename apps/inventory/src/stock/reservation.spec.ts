import { describe, expect, it } from 'vitest';
import {
  commit,
  expire,
  type Reservation,
  type ReservationState,
  release,
  reserve,
  returnUnits,
} from './reservation.ts';
import { Shelves } from './shelves.ts';

const at = { now: new Date('2026-01-01T12:00:00Z'), holdMs: 1_000 };
const price = (amount: number) => ({ amount, currency: 'EUR' as const });

const in_ = (state: ReservationState): Reservation => ({
  orderId: 'o1',
  state,
  lines: state === 'REFUSED' ? [] : [{ sku: 'A', quantity: 2, unitPrice: price(250) }],
  total: 500,
  heldUntil: new Date('2026-01-01T12:00:01Z'),
  refusal: state === 'REFUSED' ? { name: 'out-of-stock', data: { skus: ['A'] } } : undefined,
});

const shelvesWith = (available: number) => new Shelves([{ sku: 'A', available, price: 250 }]);
const moved = (shelves: Shelves) => shelves.movements().map(({ available, held, sold }) => [available, held, sold])[0];
const request = { orderId: 'o1', lines: [{ sku: 'A', quantity: 2 }], expiresAt: undefined };

const commands = {
  reserve: (known: Reservation | undefined, shelves: Shelves) => reserve(known, request, shelves, at),
  release: (known: Reservation | undefined, shelves: Shelves) => release(known, 'o1', shelves),
  commit: (known: Reservation | undefined, shelves: Shelves) => commit(known, 'o1', shelves),
  return: (known: Reservation | undefined, shelves: Shelves) => returnUnits(known, 'o1', shelves),
};

/** command, state before, units there are → answer, state after, change of available, held, sold */
const table: [keyof typeof commands, ReservationState | undefined, number, string, ReservationState, number[]?][] = [
  ['reserve', undefined, 5, 'stock-reserved', 'HELD', [-2, 2, 0]],
  ['reserve', undefined, 1, 'out-of-stock', 'REFUSED'],
  ['reserve', 'HELD', 5, 'stock-reserved', 'HELD'],
  ['reserve', 'COMMITTED', 5, 'stock-reserved', 'COMMITTED'],
  ['reserve', 'RELEASED', 5, 'reservation-refused', 'RELEASED'],
  ['reserve', 'EXPIRED', 5, 'reservation-refused', 'EXPIRED'],
  ['reserve', 'REFUSED', 5, 'out-of-stock', 'REFUSED'],
  ['reserve', 'RETURNED', 5, 'reservation-refused', 'RETURNED'],
  ['release', undefined, 5, 'stock-released', 'RELEASED'],
  ['release', 'HELD', 5, 'stock-released', 'RELEASED', [2, -2, 0]],
  ['release', 'COMMITTED', 5, 'stock-released', 'COMMITTED'],
  ['release', 'RELEASED', 5, 'stock-released', 'RELEASED'],
  ['release', 'EXPIRED', 5, 'stock-released', 'RELEASED'],
  ['release', 'REFUSED', 5, 'stock-released', 'REFUSED'],
  ['release', 'RETURNED', 5, 'stock-released', 'RETURNED'],
  ['commit', undefined, 5, 'reservation-gone', 'RELEASED'],
  ['commit', 'HELD', 0, 'stock-committed', 'COMMITTED', [0, -2, 2]],
  ['commit', 'COMMITTED', 0, 'stock-committed', 'COMMITTED'],
  ['commit', 'RELEASED', 5, 'reservation-gone', 'RELEASED'],
  ['commit', 'EXPIRED', 5, 'stock-committed', 'COMMITTED', [-2, 0, 2]],
  ['commit', 'EXPIRED', 1, 'reservation-gone', 'RELEASED'],
  ['commit', 'REFUSED', 5, 'reservation-gone', 'REFUSED'],
  ['commit', 'RETURNED', 5, 'commit-refused', 'RETURNED'],
  ['return', undefined, 5, 'stock-returned', 'RETURNED'],
  ['return', 'HELD', 0, 'stock-returned', 'RETURNED', [2, -2, 0]],
  ['return', 'COMMITTED', 0, 'stock-returned', 'RETURNED', [2, 0, -2]],
  ['return', 'RELEASED', 5, 'stock-returned', 'RELEASED'],
  ['return', 'EXPIRED', 5, 'stock-returned', 'RETURNED'],
  ['return', 'REFUSED', 5, 'stock-returned', 'REFUSED'],
  ['return', 'RETURNED', 5, 'stock-returned', 'RETURNED'],
];

describe('a reservation', () => {
  it.each(table)('%s when %s with %i left: %s, then %s', (command, state, available, answer, after, movement) => {
    const shelves = shelvesWith(available);
    const { reply, reservation } = commands[command](state && in_(state), shelves);
    expect([reply.name, reservation.state, moved(shelves)]).toEqual([answer, after, movement]);
  });

  it('is asked with every command in every state', () => {
    const states = ['HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'REFUSED', 'RETURNED', undefined];
    const pairs = Object.keys(commands).flatMap((command) => states.map((state) => `${command} ${state}`));
    expect(new Set(table.map(([command, state]) => `${command} ${state}`))).toEqual(new Set(pairs));
  });

  it('tells a commit of a cancelled order why it is refused', () => {
    const { reply } = commit(in_('RETURNED'), 'o1', shelvesWith(5));
    expect(reply).toEqual({ name: 'commit-refused', data: { reason: 'closed' } });
  });

  it('expires by giving its units back', () => {
    const shelves = shelvesWith(0);
    expect(expire(in_('HELD'), shelves).state).toBe('EXPIRED');
    expect(moved(shelves)).toEqual([2, -2, 0]);
  });

  it('sees what earlier decisions of its batch took', () => {
    const shelves = shelvesWith(3);
    const answers = ['o1', 'o2'].map((orderId) => reserve(undefined, { ...request, orderId }, shelves, at).reply.name);
    expect(answers).toEqual(['stock-reserved', 'out-of-stock']);
  });
});
