type Cell = string | number;
export interface Table {
  head: string[];
  rows: Cell[][];
}

/** As GitHub shows it, and as a terminal can: columns in line, numbers to the right. */
export function markdown({ head, rows }: Table): string {
  const right = head.map((_, column) => column > 0);
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length), 4));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (right[column] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [line(all[0]!), rule, ...all.slice(1).map(line)].join('\n');
}
