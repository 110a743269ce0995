import type { PlacedRecord } from '@ringshop/messaging';
import type { FoundLetter } from './find-letters.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** What a re-drive did with one letter: sent to a topic, sent before, or refused. */
export interface Sent {
  id: string;
  to?: string;
  before?: string;
  refused?: string;
}

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const place = ({ origin }: FoundLetter) => (origin ? `${origin.topic}/${origin.partition}/${origin.offset}` : '?');

export function listText(letters: readonly FoundLetter[]): string {
  if (letters.length === 0) return 'No dead letters.';
  const head = ['id', 'at', 'from', 'key', 'attempts', 're-driven', 'cause'];
  const rows = letters.map((letter) => [
    letter.id,
    iso(letter.at) ?? '?',
    letter.inPlace ? 'lies here' : printable(place(letter)),
    printable(letter.key, 60),
    letter.attempts ?? '?',
    letter.redrives + (letter.redrivenAt === undefined ? 0 : 1),
    printable(letter.cause),
  ]);
  return table(head, rows);
}

type Record = PlacedRecord['record'];

/** For scripts; the value is as it was, in base64, because it may be anything. */
export function letterJson(letter: FoundLetter, record?: Record) {
  const { id, origin, cause, attempts, redrives, at, redrivenAt, inPlace, key } = letter;
  return {
    id,
    at: iso(at),
    origin: origin ?? null,
    inPlace,
    key: key === null ? null : key.toString(),
    cause,
    attempts: attempts ?? null,
    redrives,
    redrivenAt: iso(redrivenAt) ?? null,
    ...(record && {
      headers: Object.fromEntries(headersOf(record)),
      value: record.value?.toString('base64') ?? null,
    }),
  };
}

export function letterText(letter: FoundLetter, record: Record): string {
  const { id, at, cause, attempts, redrives, redrivenAt, key } = letter;
  const bytes = record.value === null ? 'none' : `${record.value.length} bytes`;
  const lines = [
    ['id', id],
    ['died at', iso(at) ?? '?'],
    ['came from', letter.inPlace ? 'lies where it was written' : printable(place(letter))],
    ['key', printable(key)],
    ['cause', printable(cause, 1_000)],
    ['attempts', String(attempts ?? '?')],
    ['re-driven before', redrives === 0 ? 'never' : `${redrives} times`],
    ...(redrivenAt === undefined ? [] : [['re-driven at', iso(redrivenAt)!]]),
    ...headersOf(record).map(([name, value]) => [`header ${printable(name)}`, printable(value, 1_000)]),
    ['value', `${bytes}${record.value ? ` ${printable(record.value, 4_000)}` : ''}`],
  ];
  const width = Math.max(...lines.map(([name]) => name!.length));
  return lines.map(([name, value]) => `${name!.padEnd(width)}  ${value}`).join('\n');
}

const headersOf = ({ headers = {} }: Record): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => [name, one.toString()] as [string, string]),
  );

export function redriveText(sent: readonly Sent[]): string {
  if (sent.length === 0) return 'Nothing to re-drive.';
  const lines = sent.map(({ id, to, before, refused }) => {
    if (to) return `${id}  sent again to ${to}`;
    return before ? `${id}  was sent again at ${before}; nothing done` : `${id}  refused: ${refused}`;
  });
  const count = (what: 'to' | 'refused') => sent.filter((one) => one[what] !== undefined).length;
  return [...lines, '', `${count('to')} sent again, ${count('refused')} refused`].join('\n');
}
