/** Markdown of texts, whose columns need not stand in line: a `|` within a cell is no border. */
export function plainTable(head: string[], rows: string[][]): string {
  return [lineOf(head), `|${'---|'.repeat(head.length)}`, ...rows.map(lineOf)].join('\n');
}

const lineOf = (cells: string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('|  |', '| |');
