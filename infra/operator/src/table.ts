import { stripVTControlCharacters } from 'node:util';

/** Columns as wide as their widest cell; numbers to the right. Colours in a cell do not count as width. */
export function table(head: string[], rows: (string | number)[][]): string {
  const all = [head, ...rows];
  const width = (cell: string | number | undefined) => stripVTControlCharacters(String(cell ?? '')).length;
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column]))));
  const line = (row: (string | number)[]) =>
    row.map((cell, column) => padded(cell, widths[column]! - width(cell))).join('   ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

const padded = (cell: string | number, missing: number) =>
  typeof cell === 'number' ? ' '.repeat(missing) + cell : cell + ' '.repeat(missing);
