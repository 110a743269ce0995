import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Health } from './health.ts';
import { watchLiveness } from './liveness-watch.ts';

let health: Health;
let reason: string | undefined;
const end = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  health = new Health();
  health.register('consumer', { live: () => reason });
  reason = undefined;
  end.mockReset();
});
afterEach(() => vi.useRealTimers());

test('a service that stays dead is ended once, with the reason, and not before its time', () => {
  watchLiveness(health, 10_000, end);
  vi.advanceTimersByTime(60_000);
  reason = 'the consumer died';
  vi.advanceTimersByTime(9_900);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(end.mock.calls).toEqual([[[{ part: 'consumer', reason: 'the consumer died' }]]]);
});

test('one that comes back to life in between begins anew', () => {
  watchLiveness(health, 10_000, end);
  for (let times = 0; times < 5; times++) {
    reason = 'away';
    vi.advanceTimersByTime(8_000);
    reason = undefined;
    vi.advanceTimersByTime(1_000);
  }
  expect(end).not.toHaveBeenCalled();
});

test('one that is stopping anyway is left alone', () => {
  const stopWatch = watchLiveness(health, 10_000, end);
  reason = 'dead';
  vi.advanceTimersByTime(5_000);
  stopWatch();
  vi.advanceTimersByTime(60_000);
  expect(end).not.toHaveBeenCalled();
});
