import { expect, test } from 'vitest';
import { Pushback } from './pushback.ts';

function pushback() {
  const clock = { ms: 1_000 };
  const [one, other] = [{}, {}];
  const it = new Pushback('order-1', [one, other], () => clock.ms);
  const lets = () => {
    try {
      it.require();
      return true;
    } catch {
      return false;
    }
  };
  /** Lets time pass until an order is let through. */
  const endsAfter = () => {
    const began = clock.ms;
    while (!lets()) clock.ms++;
    return clock.ms - began;
  };
  return { it, one, other, clock, lets, endsAfter };
}

test.each([
  [1, 10],
  [60, 60],
  [5_000, 100],
])('a refusal that took %i ms to hear is passed on for %i ms', (tookMs, forMs) => {
  const { it, one, other, lets, endsAfter } = pushback();
  it.heard(one, true, tookMs);
  expect(lets(), 'the other one may have room').toBe(true);
  it.heard(other, true, tookMs);
  expect(endsAfter()).toBe(forMs);
});

test('nothing is refused once one of them has let an order in, or what it said is old', () => {
  const { it, one, other, clock, lets } = pushback();
  it.heard(one, true, 1);
  it.heard(one, false, 1);
  it.heard(other, true, 1);
  expect(lets()).toBe(true);
  it.heard(one, true, 1);
  clock.ms += 100;
  it.heard(other, true, 1);
  expect(lets()).toBe(true);
});
