import { setTimeout as after } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { Shutdown } from './shutdown.ts';

const silent = createLogger('test', 'silent');

test('phases run in order, whatever the order of registration, each after the one before has ended', async () => {
  const shutdown = new Shutdown();
  const log: string[] = [];
  for (const phase of ['pools', 'relay', 'consumers', 'accepting'] as const) {
    shutdown.register(phase, phase, async () => {
      log.push(`${phase} begins`);
      await after(5);
      log.push(`${phase} ends`);
    });
  }
  expect(shutdown.signal.aborted).toBe(false);
  expect(await shutdown.run(silent, 1_000)).toBe(true);
  expect(shutdown.signal.aborted).toBe(true);
  expect(log).toEqual(
    ['accepting', 'consumers', 'relay', 'pools'].flatMap((phase) => [`${phase} begins`, `${phase} ends`]),
  );
});

test('who waits for the stop hears of its begin, unless they took that back, and at once when it has begun', async () => {
  const shutdown = new Shutdown();
  const log: string[] = [];
  shutdown.onBegin(() => log.push('first'));
  shutdown.onBegin(() => log.push('taken back'))();
  shutdown.register('accepting', 'step', () => void log.push('step'));
  await shutdown.run(silent, 1_000);
  shutdown.onBegin(() => log.push('late'));
  expect(log).toEqual(['first', 'step', 'late']);
});

test('a part that fails or hangs costs its time and not the others their end', async () => {
  const shutdown = new Shutdown();
  let closed = false;
  shutdown.register('accepting', 'fails', () => {
    throw new Error('no');
  });
  shutdown.register('consumers', 'hangs', () => new Promise(() => undefined));
  shutdown.register('pools', 'pool', async () => {
    closed = true;
  });
  const begin = performance.now();
  expect(await shutdown.run(silent, 60)).toBe(false);
  expect(performance.now() - begin).toBeLessThan(1_000);
  expect(closed).toBe(true);
});
