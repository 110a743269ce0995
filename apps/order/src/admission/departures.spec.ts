import { expect, test } from 'vitest';
import { Departures } from './departures.ts';

/** Asks at these times; in each place how long the batch waits. */
function waitsAt(asked: [at: number, underWay: number, queuedMs?: number][]): number[] {
  let now = 0;
  const departures = new Departures(40, () => now);
  return asked.map(([at, underWay, queuedMs]) => {
    now = at;
    return departures.waitMs(underWay, queuedMs);
  });
}

test('an order that is alone goes at once, however short a time after the one before', () => {
  const waits = waitsAt([
    [0, 0],
    [15, 0],
    [30, 0],
  ]);
  expect(waits).toEqual([0, 0, 0]);
});

test('while others are under way batches leave forty milliseconds apart, and never later than that', () => {
  const waits = waitsAt([
    [0, 0],
    [10, 1],
    [45, 3],
    [130, 2],
    [140, 1],
  ]);
  expect(waits).toEqual([0, 30, 35, 0, 30]);
});

test('one that happens to be alone between others waits for the next of them, until none has come for a second', () => {
  const waits = waitsAt([
    [0, 1],
    [25, 0],
    [990, 0],
    [1_005, 0],
  ]);
  expect(waits).toEqual([0, 15, 0, 0]);
});

test('where orders queue batches leave three times as far apart as that, and no more than eight times the least', () => {
  const waits = waitsAt([
    [0, 1, 100],
    [0, 1, 100],
    [60_000, 1, 5_000],
    [60_000, 1, 5_000],
    [120_000, 1, 1],
    [120_000, 1, 1],
  ]);
  expect(waits.map(Math.round)).toEqual([0, 300, 0, 320, 0, 40]);
});

test('a queue that comes and goes within a moment moves them by little, and one that stays by two thirds within two seconds', () => {
  const apart = (queues: number[]) => {
    const asked = queues.map((queuedMs, at): [number, number, number] => [at * 100, 1, queuedMs]);
    return Math.round(waitsAt([[0, 1], ...asked, [asked.at(-1)![0], 1, asked.at(-1)![2]]]).at(-1)!);
  };
  const flicker = Array.from({ length: 600 }, (_, at) => (at % 2 ? 80 : 0));
  expect(Math.abs(apart(flicker) - apart([...flicker, 0]))).toBeLessThan(10);
  expect(apart(Array.from({ length: 21 }, () => 100))).toBe(Math.round(40 + 260 * (1 - 1 / Math.E)));
});

test('a batch that was full left before its time, and the next one goes by when that was', () => {
  const waits = waitsAt([
    [0, 1],
    [5, 1],
    [12, 1],
  ]);
  expect(waits).toEqual([0, 35, 40]);
});
