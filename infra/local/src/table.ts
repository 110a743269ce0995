import { styleText } from 'node:util';
import type { PartStatus } from './status.ts';

const colours = { ready: 'green', starting: 'yellow', degraded: 'yellow', down: 'red' } as const;

/** The parts as lines of a table. Colours disappear where `stream` is no terminal. */
export function partsTable(parts: PartStatus[], stream: NodeJS.WriteStream = process.stdout): string {
  const rows = parts.map(({ name, url, pid }) => [name, withoutPassword(url), String(pid ?? '-')] as const);
  const width = (column: 0 | 1 | 2) => Math.max(...rows.map((row) => row[column].length), 4);
  const widths = [width(0), width(1), width(2)] as const;
  const line = (cells: readonly [string, string, string], state: string) =>
    `  ${cells[0].padEnd(widths[0])}  ${cells[1].padEnd(widths[1])}  ${cells[2].padStart(widths[2])}  ${state}`;
  const title = styleText('dim', line(['part', 'url', 'pid'], 'state'), { stream });
  return [title, ...rows.map((row, i) => line(row, stateOf(parts[i]!, stream)))].join('\n');
}

function stateOf({ state, restarts }: PartStatus, stream: NodeJS.WriteStream): string {
  const text = styleText(colours[state], state, { stream });
  return restarts === 0 ? text : `${text}, started again ${restarts === 1 ? 'once' : `${restarts} times`}`;
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:/@]+@/, '@');
}
