import { expect, it } from 'vitest';
import { roundsOf } from './benchmark.ts';

it('takes as many rounds as it is told, or the usual number', () => {
  expect(roundsOf({}, 5)).toBe(5);
  expect(roundsOf({ rounds: '1' }, 5)).toBe(1);
  expect(() => roundsOf({ rounds: '10' }, 5)).toThrow('--rounds takes a number from 1 to 9');
});

it('what is kept has five rounds or more', () => {
  expect(roundsOf({ save: true }, 5)).toBe(5);
  expect(roundsOf({ save: true, rounds: '5' }, 5)).toBe(5);
  expect(() => roundsOf({ save: true, rounds: '4' }, 5)).toThrow('--save keeps no fewer than 5 rounds');
});
