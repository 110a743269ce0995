import { expect, it } from 'vitest';
import { progressOf } from './saga-progress.ts';

it('tells what was done, and what is asked for', () => {
  expect(
    progressOf([
      [0, 'sent', 'reserve-stock'],
      [5, 'reply', 'stock-reserved'],
      [5, 'passed', 'confirm'],
      [5, 'sent', 'capture-payment'],
      [9, 'reply', 'capture-refused: busy', 3],
      [20, 'asked again', 'capture-payment', 3],
    ]),
  ).toEqual({
    done: ['reserve-stock → stock-reserved', 'confirm', 'capture-payment → capture-refused: busy'],
    undone: [],
    asking: 'capture-payment',
  });
});

it('tells what was undone', () => {
  expect(
    progressOf([
      [0, 'sent', 'reserve-stock'],
      [5, 'reply', 'stock-reserved'],
      [5, 'sent', 'authorise-payment'],
      [9, 'reply', 'payment-declined: card'],
      [9, 'giving up', 'payment-declined: card'],
      [9, 'sent', 'release-stock'],
      [12, 'reply', 'stock-released'],
      [12, 'ended', 'compensated: payment-declined'],
    ]),
  ).toEqual({
    done: ['reserve-stock → stock-reserved', 'authorise-payment → payment-declined: card'],
    undone: ['release-stock → stock-released'],
    asking: undefined,
  });
});
