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

test('where orders queue batches leave three times as far apart as orders queue, between the least and eight times it', () => {
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

/** How far apart batches leave at last when each tenth of a second they find this queue. */
function apartAfter(...queues: number[]): number {
  const asked = queues.map((queuedMs, at): [number, number, number] => [at * 100, 1, queuedMs]);
  return waitsAt([...asked, asked.at(-1)!]).at(-1)!;
}
const lasting = (tenths: number, queuedMs: number) => Array.from({ length: tenths }, () => queuedMs);

test('they follow a queue that comes, and one that goes, by two thirds within two seconds', () => {
  const twoThirds = 260 * (1 - 1 / Math.E);
  expect(apartAfter(0, ...lasting(20, 100))).toBeCloseTo(40 + twoThirds);
  expect(apartAfter(100, ...lasting(20, 0))).toBeCloseTo(300 - twoThirds);
});

test('a queue that comes and goes within moments does not make them swing', () => {
  const flicker = lasting(600, 0).map((_, at) => (at % 2 ? 80 : 0));
  expect(apartAfter(...flicker)).toBeCloseTo((40 + 240) / 2, -1);
  expect(apartAfter(...flicker, 0)).toBeCloseTo((40 + 240) / 2, -1);
});

test('a batch that was full left before its time, and the next one goes by when that was', () => {
  const waits = waitsAt([
    [0, 1],
    [5, 1],
    [12, 1],
  ]);
  expect(waits).toEqual([0, 35, 40]);
});
