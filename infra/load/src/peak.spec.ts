import { CommandFailed } from '@ringshop/operator';
import { expect, it } from 'vitest';
import { peakIn } from './peak.ts';

it('is what ramp wrote', () => {
  expect(peakIn('{"ordersPerSecond": 569, "at": "2026-01-02T03:04:05.000Z"}')).toBe(569);
});

it.each(['', '{"ordersPer', 'null', '{}', '{"ordersPerSecond": "569"}', '{"ordersPerSecond": 0}'])(
  'of a file with %j it is said what can be done',
  (text) => {
    expect(() => peakIn(text)).toThrow(CommandFailed);
    expect(() => peakIn(text)).toThrow(/load-peak\.json tells no peak: delete it, or .*ramp/);
  },
);
