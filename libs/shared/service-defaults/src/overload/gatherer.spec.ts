import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetriableError } from '../runtime/errors.ts';
import { Gatherer } from './gatherer.ts';

const refusal = (item: number) => item % 7 === 3;

test('every item is answered once with its own answer, in order, one run at a time', async () => {
  const arrivals = fc.array(fc.record({ pause: fc.nat(3), items: fc.array(fc.nat(50), { maxLength: 8 }) }));
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 5 }), fc.nat(3), async (bursts, maxBatch, slowness) => {
      const handled: { item: number; at: number }[] = [];
      let running = 0;
      const gatherer = new Gatherer<{ item: number; at: number }, string>(
        async (batch) => {
          expect(++running).toBe(1);
          expect(batch.length).toBeLessThanOrEqual(maxBatch);
          handled.push(...batch);
          for (let turns = 0; turns < slowness; turns++) await turn();
          running--;
          if (batch.some(({ item }) => refusal(item))) throw new Error('refused');
          return batch.map(({ at }) => `answer ${at}`);
        },
        { maxBatch },
      );
      const answers: Promise<string>[] = [];
      for (const { pause, items } of bursts) {
        for (const item of items) {
          const at = answers.length;
          answers.push(gatherer.submit({ item, at }).catch((error: Error) => `${error.message} ${at}`));
        }
        for (let turns = 0; turns < pause; turns++) await turn();
      }
      const settled = await Promise.all(answers);
      await gatherer.idle();
      expect(handled.map(({ at }) => at)).toEqual(settled.map((_, at) => at));
      expect(settled.every((text, at) => text === `answer ${at}` || text === `refused ${at}`)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a batch is what came in while the one before was under way', async () => {
  const sizes: number[] = [];
  const gatherer = new Gatherer<number, number>(
    async (batch) => {
      sizes.push(batch.length);
      await turn();
      return batch;
    },
    { maxBatch: 100 },
  );
  const first = gatherer.submit(1);
  await turn();
  const rest = Array.from({ length: 30 }, (_, item) => gatherer.submit(item));
  await Promise.all([first, ...rest]);
  expect(sizes).toEqual([1, 30]);
});

test('a batch that may linger takes along what comes in meanwhile, up to its size, and is told for how long it did', async () => {
  const runs: [size: number, lingeredMs: number][] = [];
  const run = async (batch: number[], lingeredMs: number) => {
    runs.push([batch.length, lingeredMs]);
    return batch;
  };
  const gatherer = new Gatherer<number, number>(run, { maxBatch: 3, lingerMs: (waiting) => (waiting === 1 ? 30 : 0) });
  const first = gatherer.submit(1);
  await turn();
  await Promise.all([first, ...[2, 3, 4, 5].map((item) => gatherer.submit(item))]);
  expect(runs.map(([size]) => size)).toEqual([3, 2]);
  expect(runs[0]![1]).toBeGreaterThan(0);
  expect(runs[1]![1]).toBe(0);
});

test('a batch that is full does not linger on', async () => {
  const gatherer = new Gatherer<number, number>(async (batch) => batch, { maxBatch: 3, lingerMs: () => 2 ** 30 });
  const first = gatherer.submit(1);
  // It lingers by then: what is full before it begins is not asked for how long.
  await turn();
  await Promise.all([first, ...[2, 3].map((item) => gatherer.submit(item))]);
});

test('a run that rejects rejects its own items only, and a wrong number of answers is an error', async () => {
  let runs = 0;
  const gatherer = new Gatherer<number, number>(async (batch) => (++runs === 2 ? [] : batch), { maxBatch: 1 });
  const settled = await Promise.allSettled([1, 2, 3].map((item) => gatherer.submit(item)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a run that throws at once does not lose the ones behind it', async () => {
  const gatherer = new Gatherer<number, number>(
    (batch) => {
      if (batch[0] === 1) throw new Error('at once');
      return Promise.resolve(batch);
    },
    { maxBatch: 1 },
  );
  const settled = await Promise.allSettled([gatherer.submit(1), gatherer.submit(2)]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('beyond its bound it refuses as retriable', async () => {
  const gatherer = new Gatherer<number, number>(async (batch) => batch, { maxBatch: 10, maxWaiting: 2 });
  const accepted = [gatherer.submit(1), gatherer.submit(2)];
  await expect(gatherer.submit(3)).rejects.toThrow(RetriableError);
  expect(await Promise.all(accepted)).toEqual([1, 2]);
});
