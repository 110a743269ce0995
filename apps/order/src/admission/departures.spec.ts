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

test('where orders queue batches leave half as far apart again, and no more than eight times the least', () => {
  const waits = waitsAt([
    [0, 1, 100],
    [0, 1, 100],
    [160, 1, 200],
    [460, 1, 5_000],
  ]);
  expect(waits).toEqual([0, 150, 290, 310]);
});

test('a batch that was full left before its time, and the next one goes by when that was', () => {
  const waits = waitsAt([
    [0, 1],
    [5, 1],
    [12, 1],
  ]);
  expect(waits).toEqual([0, 35, 40]);
});
