import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { pace } from './pace.ts';

const cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 4 };

it('a closed loop has so many under way and no more, and places each order once', async () => {
  let underWay = 0;
  let most = 0;
  const placed: number[] = [];
  const outcome = await pace({ ...cell, orders: 25 }, async (number) => {
    most = Math.max(most, ++underWay);
    placed.push(number);
    await pause(1);
    underWay--;
    return number % 5 === 0 ? '503 overloaded' : undefined;
  });
  expect(most).toBe(4);
  expect(placed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, number) => number));
  expect(outcome).toMatchObject({ completed: 20, others: { '503 overloaded': 5 } });
  expect(outcome.latenciesMs).toHaveLength(20);
});

it('an open loop goes on while nothing is answered, and counts from when an order was due', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  let placed = 0;
  const outcome = await pace({ ...cell, orders: 20, perSecond: 1_000 }, async () => {
    if (++placed === 20) answer();
    await answered;
    return undefined;
  });
  expect(outcome.completed).toBe(20);
  // The first was due 19 ms before the last, and was answered with it.
  expect(outcome.latenciesMs[0]! - outcome.latenciesMs.at(-1)!).toBeGreaterThan(15);
});

it('what fails to be placed fails the stretch', async () => {
  const broken = async () => {
    throw new Error('no connection');
  };
  await expect(pace({ ...cell, orders: 5 }, broken)).rejects.toThrow('no connection');
  await expect(pace({ ...cell, orders: 5, perSecond: 1_000 }, broken)).rejects.toThrow('no connection');
});
