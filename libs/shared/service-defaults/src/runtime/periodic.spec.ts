import { expect, it, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { Periodic } from './periodic.ts';

const logger = createLogger('test', 'silent');

it('runs again after a pause, also after a failure, until it is stopped', async () => {
  let runs = 0;
  const enough = Promise.withResolvers<void>();
  const work = async () => {
    runs++;
    if (runs === 2) throw new Error('not this time');
    if (runs === 4) enough.resolve();
  };
  const periodic = new Periodic({ everyMs: 1, work, what: 'a test', logger });
  periodic.start();
  await enough.promise;
  await periodic.stop();
  const then = runs;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(runs).toBe(then);
});

it('never runs twice at once, and its stop waits for the run under way', async () => {
  const [begun, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const work = vi.fn(() => {
    begun.resolve();
    return done.promise;
  });
  const periodic = new Periodic({ everyMs: 0, work, what: 'a test', logger });
  periodic.start();
  periodic.start();
  await begun.promise;
  const stopped = periodic.stop();
  expect(await Promise.race([stopped.then(() => 'stopped'), Promise.resolve('still running')])).toBe('still running');
  done.resolve();
  await stopped;
  expect(work).toHaveBeenCalledTimes(1);
});
