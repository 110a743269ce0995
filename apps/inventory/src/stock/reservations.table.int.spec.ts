import { RetriableError } from '@ringshop/service-defaults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reservation, ReservationState } from './reservation.ts';
import { insertReservations, updateStates } from './reservations.table.ts';
import { newOrder, openShop, type Replica, type Shop } from './shop.kit.ts';

let shop: Shop;
let replica: Replica;

beforeAll(async () => {
  shop = await openShop();
  replica = await shop.replica();
});
afterAll(() => shop.close());

it('a reservation that three decided to end at once is ended by one of them, though none had locked it', async () => {
  const held: Reservation = {
    orderId: newOrder(),
    state: 'HELD',
    lines: [],
    total: 0,
    heldUntil: new Date(),
    refusal: undefined,
  };
  await replica.outbox.transaction((tx) => insertReservations(tx, [held]));
  const end = (state: ReservationState) =>
    replica.outbox.transaction((tx) => updateStates(tx, [held], [{ ...held, state }]));
  const states = ['COMMITTED', 'RELEASED', 'EXPIRED'] as const;
  const ends = await Promise.allSettled(states.map(end));
  const winners = states.filter((_, index) => ends[index]!.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  for (const one of ends) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(RetriableError);
  expect(await shop.stateOf(held.orderId)).toBe(winners[0]);
});
