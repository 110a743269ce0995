import { expect, it } from 'vitest';
import { problemOfSagas, type SagaLog } from './saga-log.ts';

const log = (...entries: string[]): SagaLog =>
  entries.map((entry, at) => {
    const [what, detail] = entry.split(' | ') as [string, string?];
    return detail === undefined ? [at, what] : [at, what, detail];
  });

const asked = ['sent | reserve-stock', 'reply | stock-reserved'];
const confirmed = [...asked, 'passed | confirm', 'sent | commit-stock', 'reply | stock-committed', 'ended | completed'];

it.each<[string, string, string[]]>([
  [
    'a way back that was parked, called off and resumed',
    'cancelled',
    [
      ...asked,
      'giving up | x',
      'sent | b',
      'asked again | b',
      'called off | c',
      'resumed | op',
      'reply | y',
      'ended | compensated: c',
    ],
  ],
  ['a straight way', 'confirmed', confirmed],
  [
    'a way back',
    'rejected',
    [...asked, 'giving up | x', 'sent | release-stock', 'reply | y', 'ended | compensated: x'],
  ],
  [
    'silence',
    'rejected',
    ['sent | reserve-stock', 'silence | reserve-stock', 'giving up | x', 'ended | compensated: x'],
  ],
  [
    'patience',
    'confirmed',
    [...confirmed.slice(0, 4), 'asked again | a', 'reply | busy', 'reply | ok', 'ended | completed'],
  ],
  ['a late reply', 'rejected', [...asked, 'giving up | x', 'ended | compensated: x', 'late | payment-authorised']],
  [
    'a customer who calls it off',
    'cancelled',
    [
      'sent | a',
      'called off | customer',
      'giving up | customer',
      'sent | b',
      'reply | c',
      'ended | compensated: customer',
    ],
  ],
  ['stock lost', 'cancelled', [...confirmed.slice(0, 4), 'reply | gone', 'giving up | z', 'ended | undone: z']],
])('%s is a path', (_, status, entries) => {
  expect(problemOfSagas(new Map([['place-order', log(...entries)]]), status)).toBeUndefined();
});

it.each<[string, string, string[], string]>([
  [
    'a command before the last one was answered',
    'confirmed',
    ['sent | a', 'sent | b'],
    'has "sent b" in its log while waiting',
  ],
  ['an end without an answer', 'confirmed', ['sent | a', 'ended | completed'], 'while waiting'],
  ['anything after the end', 'confirmed', [...confirmed, 'sent | a'], 'while over'],
  ['no end', 'confirmed', asked, 'ends while answered'],
  ['another end than the order', 'rejected', confirmed, 'ended as completed'],
  ['a confirmed order that never passed the pivot', 'confirmed', [...asked, 'ended | completed'], 'pivot 0 times'],
  ['a word nobody knows', 'confirmed', ['invented | a'], 'has "invented a"'],
])('%s is none', (_, status, entries, problem) => {
  expect(problemOfSagas(new Map([['place-order', log(...entries)]]), status)).toContain(problem);
});

const cancelling = ['sent | close-payment', 'reply | payment-closed', 'sent | return-stock', 'reply | stock-returned'];

it('an order that went through and was cancelled has a second saga, which went through too', () => {
  const logs = (...rest: string[]) =>
    new Map([
      ['place-order', log(...confirmed)],
      ['cancel-order', log(...cancelling, ...rest)],
    ]);
  expect(problemOfSagas(logs('ended | completed'), 'cancelled')).toBeUndefined();
  expect(problemOfSagas(logs(), 'cancelled')).toContain('cancel-order is done, but its log ends');
  expect(problemOfSagas(new Map([['place-order', log(...confirmed)]]), 'cancelled')).toContain('no saga cancelled it');
  expect(problemOfSagas(new Map(), 'confirmed')).toBe('has no saga');
});
