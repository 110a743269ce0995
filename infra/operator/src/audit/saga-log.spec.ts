import { expect, it } from 'vitest';
import { problemOfLog, type SagaLog } from './saga-log.ts';

const log = (...entries: string[]): SagaLog =>
  entries.map((entry, at) => {
    const [what, detail] = entry.split(' | ') as [string, string?];
    return detail === undefined ? [at, what] : [at, what, detail];
  });

const asked = ['sent | reserve-stock', 'reply | stock-reserved'];
const confirmed = [...asked, 'passed | confirm', 'sent | commit-stock', 'reply | stock-committed', 'ended | completed'];

it.each<[string, string, string[]]>([
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
  ['stock lost', 'cancelled', [...confirmed.slice(0, 4), 'reply | gone', 'giving up | z', 'ended | undone: z']],
])('%s is a path', (_, status, entries) => {
  expect(problemOfLog(log(...entries), status)).toBeUndefined();
});

it.each<[string, string, string[], string]>([
  ['a command before the last one was answered', 'confirmed', ['sent | a', 'sent | b'], 'has "sent b" while waiting'],
  ['an end without an answer', 'confirmed', ['sent | a', 'ended | completed'], 'while waiting'],
  ['anything after the end', 'confirmed', [...confirmed, 'sent | a'], 'while over'],
  ['no end', 'confirmed', asked, 'ends while answered'],
  ['another end than the order', 'rejected', confirmed, 'ended as completed'],
  ['a confirmed order that never passed the pivot', 'confirmed', [...asked, 'ended | completed'], 'pivot 0 times'],
  ['a word nobody knows', 'confirmed', ['invented | a'], 'has "invented a"'],
])('%s is none', (_, status, entries, problem) => {
  expect(problemOfLog(log(...entries), status)).toContain(problem);
});
