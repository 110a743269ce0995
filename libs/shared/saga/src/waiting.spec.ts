import { describe, expect, it } from 'vitest';
import { given } from './given.ts';
import { timeline } from './index.ts';
import { refund, trip, tripWithCar } from './trip.kit.ts';

const start = 1_800_000_000_000;
const aTrip = () => given(trip, { card: 'secret', leavesAt: start + 3_600_000 }, { now: start });
const atHotel = () => aTrip().sends('book-flight').replied('booked').sends('book-hotel');
const booked = () => atHotel().replied('roomed').sends('pay-flight').tells('booked');
const aRefund = (policy = {}) => given(refund, { leavesAt: start }, { now: start, policy });
const said = ({ saga }: ReturnType<typeof aTrip>) => timeline(saga).map(({ what, detail }) => `${what}: ${detail}`);

/** Asked again until it is parked. */
function parked(story: ReturnType<typeof aTrip>, command: string) {
  while (story.saga.attentionSince === null) story.silence().sends(command);
  return story;
}

describe('calling a saga off', () => {
  it('undoes every step and the one under way, with the reason of whoever did', () => {
    const story = atHotel().calledOff('too late', 'missed the bus').sends('cancel-hotel');
    expect(said(story)).toContain('called off: too late: missed the bus');
    story.replied('hotel-cancelled').sends('cancel-flight').replied('flight-cancelled').tells('off');
    story.ends('compensated', 'too late');
    aTrip()
      .sends('book-flight')
      .calledOff('too late')
      .sends('cancel-flight')
      .replied('flight-cancelled')
      .ends('compensated', 'too late');
  });

  it('forgets the secrets of steps that will never be reached', () => {
    expect(aTrip().sends('book-flight').calledOff('too late').saga.data).not.toHaveProperty('card');
  });

  it('while it is undone changes how it ends and nothing else', () => {
    const story = atHotel().replied('no-room').sends('cancel-flight');
    const { deadline, attempts, step } = story.saga;
    story.calledOff('too late').sendsNothing();
    expect(story.saga).toMatchObject({ deadline, attempts, step, state: 'compensating', reason: 'too late' });
    story.silence().sends('cancel-flight').replied('flight-cancelled').ends('compensated', 'too late');
  });

  it('twice is once', () => {
    const story = atHotel().calledOff('too late').sends('cancel-hotel');
    const once = story.saga;
    expect(story.calledOff('too late').saga).toBe(once);
    story.replied('hotel-cancelled').sends('cancel-flight').replied('flight-cancelled');
    const ended = story.saga;
    expect(story.calledOff('too late').saga).toBe(ended);
  });

  it('is not heard once the pivot is passed: not by its tail, nor when it is undone, nor when it has ended', () => {
    const untouched = (story: ReturnType<typeof aTrip>) => {
      const before = story.saga;
      expect(story.calledOff('too late').sendsNothing().saga).toBe(before);
    };
    untouched(booked());
    untouched(booked().replied('flight-paid').sends('pay-hotel'));
    untouched(booked().replied('airline-gone').sends('cancel-hotel'));
    untouched(booked().replied('flight-paid').sends('pay-hotel').replied('hotel-paid').ends('completed'));
    untouched(aTrip().sends('book-flight').replied('full').ends('compensated', 'full'));
  });

  it('leaves a late answer to the compensation, as every other way of giving up does', () => {
    const story = atHotel().calledOff('too late').sends('cancel-hotel').replied('roomed').notes('late').sendsNothing();
    story.replied('hotel-cancelled').sends('cancel-flight').replied('roomed').sends('cancel-hotel');
    story.replied('flight-cancelled').ends('compensated', 'too late');
  });
});

describe('a step with a deadline of its own', () => {
  it('is given up then, and its command expires then', () => {
    const story = given(tripWithCar, { leavesAt: start }, { now: start }).sends('hire-car');
    expect(story.saga.deadline).toBe(start + 3_000);
    story.silence().sends('return-car');
    expect(story.now).toBe(start + 3_000);
    // Undoing it is another question.
    expect(story.saga.deadline).toBe(story.now + 10_000);
  });

  it('that must be done is asked again then, and later by backoff', () => {
    const story = aRefund().sends('refund-flight').silence().sends('refund-flight');
    expect(story.now).toBe(start + 2_000);
    expect(story.saga.deadline).toBe(story.now + 100);
  });
});

describe('what is parked', () => {
  it('is asked again more slowly, and never less patiently than before', () => {
    const waits = (retryParkedMs: number) => {
      const story = parked(aRefund({ retryParkedMs }).sends('refund-flight'), 'refund-flight');
      return Array.from({ length: 3 }, () => {
        const before = story.now;
        story.silence().sends('refund-flight');
        return story.now - before;
      });
    };
    expect(waits(15_000)).toEqual([15_000, 15_000, 15_000]);
    expect(waits(1_000)).toEqual([5_000, 5_000, 5_000]);
  });

  it('waits as long after a refusal as after silence', () => {
    const story = parked(aRefund().sends('refund-flight'), 'refund-flight');
    story.replied('try-later');
    expect(story.saga).toMatchObject({ deadline: story.now + 15_000, lastError: 'the airline is closed' });
  });

  it('is asked again quickly for the next step, which nobody has waited for yet', () => {
    const story = parked(aRefund().sends('refund-flight'), 'refund-flight');
    story.replied('flight-refunded').sends('refund-hotel').silence().sends('refund-hotel');
    expect(story.saga).toMatchObject({ attentionSince: null, deadline: story.now + 100 });
  });

  it('may be a compensation too', () => {
    const story = parked(atHotel().silence().sends('cancel-hotel'), 'cancel-hotel');
    expect(story.saga).toMatchObject({ state: 'compensating', lastError: 'no answer to cancel-hotel' });
    story.replied('hotel-cancelled').sends('cancel-flight').replied('flight-cancelled').ends('compensated', 'silent');
  });
});

describe('resuming', () => {
  it.each([
    ['acting', () => parked(booked(), 'pay-flight'), 'pay-flight'],
    ['compensating', () => parked(atHotel().silence().sends('cancel-hotel'), 'cancel-hotel'), 'cancel-hotel'],
    ['undoing', () => parked(booked().replied('airline-gone').sends('cancel-hotel'), 'cancel-hotel'), 'cancel-hotel'],
  ])('what is parked while %s asks once, at once, as if for the first time', (state, story, command) => {
    const resumed = story().after(1).resumed('Ada').sends(command);
    const { now, saga } = resumed;
    expect(saga).toMatchObject({ state, attentionSince: null, attempts: 1, askedAt: now, deadline: now + 10_000 });
    expect(said(resumed).at(-1)).toBe('resumed: Ada');
    expect(resumed.resumed('Ada').sendsNothing().saga).toBe(saga);
    resumed.silence().sends(command);
    expect(resumed.saga).toMatchObject({ attentionSince: null, deadline: resumed.now + 100 });
  });

  it('gives a step the time that it has for its first answer', () => {
    const story = parked(aRefund().sends('refund-flight'), 'refund-flight');
    story.resumed('Ada').sends('refund-flight');
    expect(story.saga.deadline).toBe(story.now + 2_000);
  });

  it('what fails on is parked again', () => {
    const story = parked(parked(booked(), 'pay-flight').resumed('Ada').sends('pay-flight'), 'pay-flight');
    expect(story.saga.attentionSince! - story.saga.askedAt).toBeGreaterThanOrEqual(60_000);
  });

  // Only a runner that did not know its definition parks a step that could have been given up.
  it('a step that can still be undone asks nothing: it is given up now', () => {
    const story = atHotel();
    story.saga = { ...story.saga, attentionSince: story.now, deadline: story.now + 5_000 };
    story.resumed('Ada').sendsNothing();
    expect(story.saga).toMatchObject({ attentionSince: null, deadline: story.now });
    story.silence().sends('cancel-hotel');
  });

  it('changes nothing where nothing is parked, or all is over', () => {
    for (const story of [
      aTrip().sends('book-flight'),
      booked(),
      booked().replied('airline-gone').sends('cancel-hotel'),
      aTrip().sends('book-flight').replied('full'),
    ]) {
      const before = story.saga;
      expect(story.resumed('Ada').sendsNothing().saga).toBe(before);
    }
  });
});

describe('a saga without a pivot', () => {
  it('only goes forward, and tells its end', () => {
    const story = aRefund().sends('refund-flight').replied('try-later').sendsNothing();
    story.silence().sends('refund-flight').replied('flight-refunded').tells().sends('refund-hotel');
    story.replied('hotel-refunded').tells('refunded').ends('completed');
  });

  it('is never called off, and its commands never expire', () => {
    const story = aRefund().sends('refund-flight');
    const before = story.saga;
    expect(story.calledOff('too late').sendsNothing().saga).toBe(before);
    expect(story.silence().saga.state).toBe('acting');
  });
});
