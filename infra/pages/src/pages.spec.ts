import { expect, it } from 'vitest';
import { plainTable, withParts } from './index.ts';

it('a part replaces the one before it in a page, and nothing else', () => {
  const page = 'before\n<!-- bench locks: a -->\nold\n<!-- end -->\nafter <!-- end -->\n';
  expect(withParts(page, 'bench locks', { a: 'new' })).toBe(
    'before\n<!-- bench locks: a -->\nnew\n<!-- end -->\nafter <!-- end -->\n',
  );
  expect(() => withParts(page, 'bench locks', { b: 'new' })).toThrow('"b"');
});

it('a table has a line for each row, also of a cell that is empty or has a border in it', () => {
  expect(
    plainTable(
      ['a', ''],
      [
        ['`x|y`', ''],
        ['z', 'w'],
      ],
    ).split('\n'),
  ).toEqual(['| a | |', '|---|---|', '| `x\\|y` | |', '| z | w |']);
});
