import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RetryAfter, retryAfterMs } from './retry-after.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['0', 0],
  ['120', 120_000],
  ['Thu, 01 Jan 2026 00:00:07 GMT', 7_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value)).toBe(ms);
});

test('a payment is left alone as long as it was told, the others for a bounded time', () => {
  const retryAfter = new RetryAfter({ paymentMaxMs: 60_000, allMaxMs: 1_000 });
  retryAfter.heard('one', 10_000);
  expect([retryAfter.leftMs('one'), retryAfter.leftMs('two')]).toEqual([10_000, 1_000]);
  vi.advanceTimersByTime(1_000);
  expect([retryAfter.leftMs('one'), retryAfter.leftMs('two')]).toEqual([9_000, 0]);
  vi.advanceTimersByTime(9_000);
  expect(retryAfter.leftMs('one')).toBe(0);
});

test('nobody is left alone for ever, whatever the provider says', () => {
  const retryAfter = new RetryAfter({ paymentMaxMs: 60_000, allMaxMs: 1_000 });
  retryAfter.heard('one', Number.MAX_SAFE_INTEGER);
  expect(retryAfter.leftMs('one')).toBe(60_000);
});

test('waiting ends when calls may be made, and at the latest after the patience of the one who waits', async () => {
  const retryAfter = new RetryAfter({ paymentMaxMs: 60_000, allMaxMs: 1_000 });
  await retryAfter.over(500);
  retryAfter.heard('one', 10_000);
  const ended: string[] = [];
  void retryAfter.over(300).then(() => ended.push('impatient'));
  void retryAfter.over(5_000).then(() => ended.push('patient'));
  await vi.advanceTimersByTimeAsync(300);
  expect(ended).toEqual(['impatient']);
  await vi.advanceTimersByTimeAsync(700);
  expect(ended).toEqual(['impatient', 'patient']);
});
