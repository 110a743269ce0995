import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it.each([
  ['plain text', 'SKU-0001 für 3 €', 'SKU-0001 für 3 €'],
  ['a colour of the terminal', '\u001b[31mred', '\\u{1b}[31mred'],
  ['a C1 control, which is an escape sequence by itself', 'a\u009b31mb', 'a\\u{9b}31mb'],
  ['a line end in a cause', 'one\r\ntwo\u2028three', 'one\\u{d}\\u{a}two\\u{2028}three'],
  ['writing turned round', 'abc\u202edef', 'abc\\u{202e}def'],
  ['half of a pair', 'a\ud800b', 'a\\u{d800}b'],
  ['what looks escaped already', '\\u{1b}', '\\\\u{1b}'],
])('%s', (_what, sent, shown) => {
  expect(printable(sent)).toBe(shown);
});

it('bytes that are no text are shown as such, and a long text is cut', () => {
  expect(printable(Buffer.from([0xff, 0x00, 0x7b]))).toBe('\\u{fffd}\\u{0}{');
  expect(printable(null)).toBe('(null)');
  expect(printable('é'.repeat(300), 10)).toBe(`${'é'.repeat(10)}… (600 bytes)`);
});
