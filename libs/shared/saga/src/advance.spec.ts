import { describe, expect, it } from 'vitest';
import { given } from './given.ts';
import { advance, newInstance, timeline } from './index.ts';
import { trip } from './trip.kit.ts';

const start = 1_800_000_000_000;
const aTrip = () => given(trip, { card: 'secret', leavesAt: start + 3_600_000 }, { now: start });
const booked = () =>
  aTrip().sends('book-flight').replied('booked').sends('book-hotel').replied('roomed').sends('pay-flight');

describe('a saga', () => {
  it('goes through its steps and passes the pivot once', () => {
    booked().tells('booked').replied('flight-paid').sends('pay-hotel').replied('hotel-paid').tells().ends('completed');
  });

  it('undoes what came before a refusal, the last step first', () => {
    aTrip().sends('book-flight').replied('full').sendsNothing().tells('off').ends('compensated', 'full');
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel').replied('no-room');
    story.sends('cancel-flight').tells().replied('flight-cancelled').tells('off').ends('compensated', 'full');
  });

  it('undoes a silent step itself, too, and only then those before it', () => {
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel').silence();
    story.sends('cancel-hotel').replied('hotel-cancelled').sends('cancel-flight').replied('flight-cancelled');
    story.ends('compensated', 'silent');
  });

  it('asks a silent compensation again, for ever', () => {
    const story = aTrip().sends('book-flight').silence().sends('cancel-flight');
    for (let i = 0; i < 100; i++) story.silence().sends('cancel-flight');
    story.replied('flight-cancelled').ends('compensated', 'silent');
  });

  it('refuses at the pivot and undoes every step', () => {
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel').after(3_600_001).replied('roomed');
    story.sends('cancel-hotel').replied('hotel-cancelled').sends('cancel-flight').replied('flight-cancelled');
    story.tells('off').ends('compensated', 'too late');
  });

  it('goes back behind the pivot only by undo, and says that it had been promised', () => {
    const story = booked().tells('booked').replied('airline-gone').sends('cancel-hotel').replied('hotel-cancelled');
    story.sends('cancel-flight').silence().sends('cancel-flight').replied('flight-cancelled');
    story.tells('refunded').ends('undone', 'gone');
  });

  it('forgets a secret when its step is over, and when it will never come to it', () => {
    expect(booked().saga.data).not.toHaveProperty('card');
    expect(aTrip().sends('book-flight').replied('full').saga.data).not.toHaveProperty('card');
    expect(aTrip().sends('book-flight').silence().saga.data).not.toHaveProperty('card');
  });
});

describe('what is asked again', () => {
  it('waits longer each time, up to the maximum, and is parked while it goes on', () => {
    const story = booked();
    const waits: number[] = [];
    for (let i = 0; i < 30; i++) {
      const before = story.now;
      story.silence().sends('pay-flight');
      waits.push(story.now - before);
    }
    expect(waits.slice(0, 9)).toEqual([10_000, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(story.parked().saga.attentionSince! - story.saga.askedAt).toBeGreaterThanOrEqual(60_000);
    expect(story.saga.lastError).toBe('no answer to pay-flight');
    story.replied('flight-paid').sends('pay-hotel');
    expect(story.saga).toMatchObject({ attentionSince: null, lastError: null, attempts: 1 });
  });

  it('is asked again when the participant could not, and keeps its words', () => {
    const story = booked().replied('flight-paid').sends('pay-hotel').replied('till-closed');
    expect(story.saga).toMatchObject({ state: 'acting', step: 'pay hotel', lastError: 'the till is closed' });
    story.silence().sends('pay-hotel').replied('hotel-paid').ends('completed');
  });

  it('does not let the log grow', () => {
    const story = booked().replied('flight-paid').sends('pay-hotel');
    for (let i = 0; i < 50; i++) story.replied('till-closed').silence().sends('pay-hotel');
    expect(timeline(story.saga).slice(-3)).toMatchObject([
      { what: 'sent', detail: 'pay-hotel' },
      { what: 'reply', detail: 'till-closed: the till is closed (50 times)' },
      { what: 'asked again', detail: 'pay-hotel (50 times)' },
    ]);
  });

  it('draws its wait from the upper half, so that sagas which fell silent together part', () => {
    const waits = [0, 0.5, 0.999].map((chance) => {
      const story = given(trip, { card: 'c', leavesAt: start }, { now: start, policy: { random: () => chance } });
      story.sends('book-flight').silence().sends('cancel-flight').silence().sends('cancel-flight');
      return story.saga.deadline! - story.now;
    });
    expect(waits).toEqual([50, 75, 100]);
  });
});

describe('a reply that is not waited for', () => {
  it('is ignored when it is a duplicate', () => {
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel');
    story.replied('booked').notes('duplicate').replied('full').notes('duplicate').sendsNothing();
    story.replied('roomed').sends('pay-flight').replied('roomed').notes('duplicate').sendsNothing();
  });

  it('is ignored when its command has not been sent, or nobody knows it', () => {
    const story = aTrip().sends('book-flight');
    for (const reply of ['roomed', 'hotel-paid', 'flight-cancelled', 'no-such-reply']) {
      story.replied(reply).notes('unexpected').sendsNothing();
    }
  });

  it('is left to the compensation that is under way, or still to come', () => {
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel').silence().sends('cancel-hotel');
    story.replied('roomed').notes('late').sendsNothing().replied('booked').notes('late').sendsNothing();
  });

  it('is undone again when its compensation is over', () => {
    const story = aTrip().sends('book-flight').replied('booked').sends('book-hotel').silence().sends('cancel-hotel');
    story.replied('hotel-cancelled').sends('cancel-flight').replied('roomed').notes('late').sends('cancel-hotel');
    story.replied('flight-cancelled').ends('compensated', 'silent');
    story.replied('roomed').sends('cancel-hotel').replied('hotel-cancelled').notes('duplicate').sendsNothing();
    story.replied('no-room').notes('late').sendsNothing();
  });

  it('is undone when its step had been refused before', () => {
    const story = aTrip().sends('book-flight').replied('full').ends('compensated', 'full');
    story.replied('booked').notes('late').sends('cancel-flight');
  });
});

describe('advance', () => {
  const policy = {
    stepDeadlineMs: 10,
    retryMinMs: 1,
    retryMaxMs: 5,
    parkAfterMs: 60,
    retryParkedMs: 15,
    random: () => 0,
  };
  const begun = () =>
    advance(trip, newInstance(trip, 'id', { card: 'c', leavesAt: start }, start), { kind: 'start' }, start, policy);

  it('answers with the same instance when nothing changed', () => {
    const { instance } = begun();
    expect(advance(trip, instance, { kind: 'silence' }, start + 9, policy).instance).toBe(instance);
    expect(advance(trip, instance, { kind: 'reply', name: 'roomed', data: {} }, start, policy).instance).toBe(instance);
  });

  it('changes nothing that it is given', () => {
    const { instance } = begun();
    const before = structuredClone(instance);
    advance(trip, instance, { kind: 'reply', name: 'booked', data: {} }, start + 1, policy);
    advance(trip, instance, { kind: 'silence' }, start + 10, policy);
    expect(instance).toEqual(before);
  });

  it('lets a command expire with its deadline before the pivot, and never after it', () => {
    expect(begun().send).toMatchObject([{ name: 'book-flight', expiresAt: start + 10 }]);
    const silent = advance(trip, begun().instance, { kind: 'silence' }, start + 10, policy);
    expect(silent.send).toEqual([{ name: 'cancel-flight', topic: 'travel', data: {} }]);
  });
});
