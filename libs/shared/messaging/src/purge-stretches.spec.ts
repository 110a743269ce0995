import { describe, expect, it } from 'vitest';
import { PurgeStretches } from './purge-stretches.ts';

describe('the stretches of a table', () => {
  it('are all due in the beginning, and go on where the last call stopped', () => {
    const stretches = new PurgeStretches();
    expect(stretches.due(5, 2, 0)).toEqual([0, 1]);
    expect(stretches.due(5, 2, 0)).toEqual([2, 3]);
    expect(stretches.due(5, 2, 0)).toEqual([4, 0]);
    expect(stretches.due(5, 9, 0)).toEqual([1, 2, 3, 4, 0]);
  });

  it('are passed by until something in them can be old enough', () => {
    const stretches = new PurgeStretches();
    stretches.nothingBefore(1, 100);
    expect(stretches.due(3, 3, 99)).toEqual([0, 2]);
    expect(stretches.due(3, 3, 100)).toEqual([0, 1, 2]);
  });

  it('are found although those before them have nothing: what is passed by does not count', () => {
    const stretches = new PurgeStretches();
    for (let at = 0; at < 1_000; at++) stretches.nothingBefore(at, 100);
    expect(stretches.due(1_001, 1, 0)).toEqual([1_000]);
  });

  it('are forgotten with the end of the table that was cut off, and due when it has grown again', () => {
    const stretches = new PurgeStretches();
    for (const at of [0, 1, 2]) stretches.nothingBefore(at, 100);
    expect(stretches.due(1, 9, 0)).toEqual([]);
    expect(stretches.due(0, 9, 0)).toEqual([]);
    expect(stretches.due(3, 9, 0)).toEqual([0, 1, 2]);
  });
});
