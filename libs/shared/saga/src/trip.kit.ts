import { command } from '@ringshop/contracts';
import { z } from 'zod';
import { abort, defineSaga, proceed, retry, undo } from './index.ts';

const nothing = z.object({});
const bookFlight = command('travel', 'book-flight', z.object({ card: z.string() }), { booked: nothing, full: nothing });
const cancelFlight = command('travel', 'cancel-flight', nothing, { 'flight-cancelled': nothing });
const bookHotel = command('travel', 'book-hotel', nothing, { roomed: nothing, 'no-room': nothing });
const cancelHotel = command('travel', 'cancel-hotel', nothing, { 'hotel-cancelled': nothing });
const payFlight = command('travel', 'pay-flight', nothing, { 'flight-paid': nothing, 'airline-gone': nothing });
const payHotel = command('travel', 'pay-hotel', nothing, { 'hotel-paid': nothing, 'till-closed': nothing });
const hireCar = command('travel', 'hire-car', nothing, { hired: nothing, 'no-car': nothing });
const returnCar = command('travel', 'return-car', nothing, { 'car-returned': nothing });
const refundFlight = command('travel', 'refund-flight', nothing, { 'flight-refunded': nothing, 'try-later': nothing });
const refundHotel = command('travel', 'refund-hotel', nothing, { 'hotel-refunded': nothing });

export interface Trip {
  card?: string;
  leavesAt: number;
}
export type TripReason = 'silent' | 'full' | 'gone' | 'too late';
export type TripOutcome = 'booked' | 'off' | 'refunded';

/** Two steps, a pivot and two more: enough for every rule, and nothing of the shop in it. */
export const trip = defineSaga<Trip, TripReason, TripOutcome>({
  name: 'trip',
  version: 1,
  silence: 'silent',
  ends: { compensated: () => 'off', undone: 'refunded' },
  steps: ({ ask, step, pivot, retriable }) => [
    step('flight', {
      action: ask(bookFlight, ({ card }) => ({ card: card! })),
      on: { booked: () => proceed(), full: () => abort('full') },
      compensation: ask(cancelFlight),
      forgets: ['card'],
    }),
    step('hotel', {
      action: ask(bookHotel),
      on: { roomed: () => proceed(), 'no-room': () => abort('full', 'no room') },
      compensation: ask(cancelHotel),
    }),
    pivot('go', {
      decide: ({ leavesAt }, now) => (leavesAt < now ? abort('too late') : proceed()),
      outcome: 'booked',
    }),
    retriable('pay flight', {
      action: ask(payFlight),
      on: { 'flight-paid': () => proceed(), 'airline-gone': () => undo('gone') },
    }),
    retriable('pay hotel', {
      action: ask(payHotel),
      on: { 'hotel-paid': () => proceed(), 'till-closed': () => retry('the till is closed') },
    }),
  ],
});

/** The same process after a deployment: another step before its pivot, which is hurried, and one step less after it. */
export const tripWithCar = defineSaga<Trip, TripReason, TripOutcome>({
  name: 'trip',
  version: 2,
  silence: 'silent',
  ends: { compensated: () => 'off', undone: 'refunded' },
  steps: ({ ask, step, pivot, retriable }) => [
    step('car', {
      action: ask(hireCar),
      on: { hired: () => proceed(), 'no-car': () => abort('full') },
      compensation: ask(returnCar),
      deadlineMs: 3_000,
    }),
    pivot('go', { decide: () => proceed(), outcome: 'booked' }),
    retriable('pay flight', {
      action: ask(payFlight),
      on: { 'flight-paid': () => proceed(), 'airline-gone': () => undo('gone') },
    }),
  ],
});

/** Takes a trip back that somebody was promised: it has no pivot, for that is decided. */
export const refund = defineSaga<Trip, TripReason, TripOutcome>({
  name: 'refund',
  version: 1,
  ends: { completed: 'refunded' },
  steps: ({ ask, retriable }) => [
    retriable('refund flight', {
      action: ask(refundFlight),
      on: { 'flight-refunded': () => proceed(), 'try-later': () => retry('the airline is closed') },
      deadlineMs: 2_000,
    }),
    retriable('refund hotel', { action: ask(refundHotel), on: { 'hotel-refunded': () => proceed() } }),
  ],
});

/** The answer of a participant that agrees to everything. */
export const yes: Record<string, string> = {
  'book-flight': 'booked',
  'cancel-flight': 'flight-cancelled',
  'book-hotel': 'roomed',
  'cancel-hotel': 'hotel-cancelled',
  'pay-flight': 'flight-paid',
  'pay-hotel': 'hotel-paid',
  'hire-car': 'hired',
  'return-car': 'car-returned',
  'refund-flight': 'flight-refunded',
  'refund-hotel': 'hotel-refunded',
};
