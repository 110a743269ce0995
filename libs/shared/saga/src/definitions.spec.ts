import { cloudEventOf, command } from '@ringshop/contracts';
import type { Incoming } from '@ringshop/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Definitions, NewerVersion } from './definitions.ts';
import { defineSaga, InvalidDefinition, proceed } from './index.ts';
import { refund, trip, tripWithCar } from './trip.kit.ts';

const aSaga = (name: string, version = 1, id = 'one') => ({ id, name, version });
const reply = (subject: string, name: string): Incoming => ({
  name,
  event: cloudEventOf({ name, source: '/travel', subject, data: {} }),
  topic: 'trip.replies',
  partition: 0,
  offset: '0',
  attempt: 1,
});

/** Another kind of saga, which asks something that a trip asks too. */
const copycat = defineSaga({
  name: 'copycat',
  version: 1,
  ends: {},
  steps: ({ ask, retriable }) => [
    retriable('pay', {
      action: ask(command('elsewhere', 'pay-again', z.object({}), { 'flight-paid': z.object({}) })),
      on: { 'flight-paid': () => proceed() },
    }),
  ],
});

describe('several definitions are refused', () => {
  it('when one reply could mean sagas of two kinds', () => {
    expect(() => new Definitions<string>([trip, copycat])).toThrow(InvalidDefinition);
    expect(() => new Definitions<string>([copycat, trip])).toThrow('both answered by "flight-paid"');
  });

  it('when one version is there twice', () => {
    expect(() => new Definitions([trip, refund, { ...trip }])).toThrow('saga trip: version 1 is defined twice');
  });

  it('but not when versions of one kind share their replies', () => {
    expect(() => new Definitions([tripWithCar, refund, trip])).not.toThrow();
  });
});

describe('the definition of a saga', () => {
  const known = new Definitions([trip, tripWithCar, refund]);

  it('is the one that it began with, whichever is newest', () => {
    expect(known.of(aSaga('trip', 1))).toBe(trip);
    expect(known.of(aSaga('trip', 2))).toBe(tripWithCar);
    expect(known.of(aSaga('refund', 1))).toBe(refund);
  });

  it.each([
    ['of a newer version', 'trip', 3],
    ['of a kind that nobody here has heard of', 'cruise', 1],
  ])('%s is somebody else’s, who is about to come: the message is kept', (_, name, version) => {
    const of = () => known.of(aSaga(name, version));
    expect(of).toThrow(NewerVersion);
  });

  it('that was dropped while sagas were under way is a mistake that waiting does not heal', () => {
    const upgraded = new Definitions([tripWithCar, refund]);
    const of = () => upgraded.of(aSaga('trip', 1));
    expect(of).toThrow('saga one is a trip of version 1, which this process does not know');
    expect(of).not.toThrow(NewerVersion);
  });
});

describe('a reply about an id with two sagas', () => {
  const known = new Definitions([trip, refund]);
  const sagas = [aSaga('refund'), aSaga('trip'), aSaga('trip', 1, 'other')];
  const addressed = (...replies: Incoming[]) =>
    [
      ...known.addressed(
        sagas,
        Map.groupBy(replies, ({ event }) => event.subject),
      ),
    ].map(([{ id, name }, its]) => `${id} ${name}: ${its.map((one) => one.name).join(' ')}`);

  it('is for the one that asked, each in the order in which they came', () => {
    const replies = ['flight-refunded', 'flight-paid', 'hotel-refunded', 'hotel-paid'].map((name) =>
      reply('one', name),
    );
    expect(addressed(...replies).sort()).toEqual([
      'one refund: flight-refunded hotel-refunded',
      'one trip: flight-paid hotel-paid',
    ]);
    expect(addressed(reply('other', 'booked'), reply('one', 'booked')).sort()).toEqual([
      'one trip: booked',
      'other trip: booked',
    ]);
  });

  it('that none of them can have asked for is noted once, by the first', () => {
    expect(addressed(reply('one', 'car-returned'))).toEqual(['one refund: car-returned']);
    expect(addressed(reply('other', 'flight-refunded'))).toEqual(['other trip: flight-refunded']);
  });

  it('about an id without sagas is for nobody', () => {
    expect(addressed(reply('nobody', 'booked'))).toEqual([]);
  });
});
