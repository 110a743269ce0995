import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Breaker } from './breaker.ts';

function breaker() {
  const clock = { now: 1 };
  return { clock, it: new Breaker({ failures: 3, minMs: 100, maxMs: 400, now: () => clock.now }) };
}

function opened() {
  const { clock, it } = breaker();
  for (let call = 0; call < 3; call++) {
    expect(it.enter()).toBe(true);
    it.failed();
  }
  return { clock, it };
}

test('failures in a row open it, and an answer between them does not let it come to that', () => {
  const { it } = breaker();
  for (let call = 0; call < 10; call++) {
    it.failed();
    it.failed();
    it.succeeded();
  }
  expect(it.enter()).toBe(true);
  expect(opened().it.enter()).toBe(false);
});

test('once its time is over one may try, and nobody else waits for what that finds out', () => {
  const { clock, it } = opened();
  expect(it.leftMs).toBe(100);
  clock.now += 99;
  expect(it.enter()).toBe(false);
  clock.now += 1;
  expect([it.enter(), it.enter(), it.enter()]).toEqual([true, false, false]);
  it.succeeded();
  expect([it.isOpen, it.enter(), it.enter()]).toEqual([false, true, true]);
});

test('each trial that fails doubles the time up to its bound, and an answer makes it small again', () => {
  const { clock, it } = opened();
  for (const ms of [100, 200, 400, 400]) {
    expect(it.leftMs).toBe(ms);
    clock.now += ms;
    expect(it.enter()).toBe(true);
    it.failed();
  }
  clock.now += 400;
  it.enter();
  it.succeeded();
  for (let call = 0; call < 3; call++) it.failed();
  expect(it.leftMs).toBe(100);
});

test('calls that began before it opened do not keep it open longer when they fail', () => {
  const { clock, it } = opened();
  clock.now += 50;
  for (let late = 0; late < 10; late++) it.failed();
  expect(it.leftMs).toBe(50);
});

test('a trial whose caller left is free for the next one', () => {
  const { clock, it } = opened();
  clock.now += 100;
  it.enter();
  it.abandoned();
  expect(it.enter()).toBe(true);
});

test('a trial that is held does not keep the others out for as long as it is', () => {
  const { clock, it } = opened();
  clock.now += 100;
  expect([it.enter(), it.enter()]).toEqual([true, false]);
  clock.now += 100;
  expect([it.enter(), it.enter()]).toEqual([true, false]);
});

test('what cannot be reached opens it at once, always for the short time', () => {
  const { clock, it } = breaker();
  for (let trial = 0; trial < 5; trial++) {
    expect(it.enter()).toBe(true);
    it.trip();
    expect(it.leftMs).toBe(100);
    clock.now += 100;
  }
});

test('whatever happens, it admits again within its longest time, one at a time', () => {
  const outcome = fc.constantFrom('succeeded', 'failed', 'trip', 'abandoned' as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(outcome, fc.nat(300))), (story) => {
      const { clock, it } = breaker();
      for (const [how, ms] of story) {
        const open = it.isOpen;
        if (it.enter()) {
          if (open) expect(it.enter()).toBe(false);
          it[how]();
        }
        expect(it.leftMs).toBeLessThanOrEqual(400);
        clock.now += ms;
      }
      clock.now += 400;
      expect(it.enter()).toBe(true);
    }),
  );
});
