import { contenders, holdMs, type Primitive } from './compare-primitives.ts';
import type { LockArm, LocksResult } from './locks-result.ts';
import type { Demonstration } from './textbook-mistakes.ts';

type Cell = string | number;
export interface Table {
  head: string[];
  rows: Cell[][];
}

export const armsTable = (arms: LockArm[]): Table => ({
  head: [
    '`STOCK_LOCK`',
    'hot SKUs',
    'replicas',
    'reservations/s',
    'CPU-ms each',
    'p50 ms',
    'p99 ms',
    'refused',
    'oversold',
  ],
  rows: arms
    .toSorted((a, b) => a.replicas - b.replicas || a.hotSkus - b.hotSkus)
    .map((arm) => [
      arm.lock,
      arm.hotSkus,
      arm.replicas,
      arm.reservationsPerSecond,
      arm.cpuMsEach.toFixed(2),
      arm.p50Ms,
      arm.p99Ms,
      arm.refused,
      arm.oversold,
    ]),
});

export const demonstrationsTable = (demonstrations: Demonstration[]): Table => ({
  head: ['demonstration', 'stock', 'sold', 'oversold', 'writes refused'],
  rows: demonstrations.map(({ name, stock, sold, oversold, refused }) => [name, stock, sold, oversold, refused]),
});

export const primitivesTable = (primitives: Primitive[]): Table => ({
  head: [
    'lock',
    'take and give back: p50 ms',
    'p99 ms',
    `${contenders} contenders, ${holdMs} ms each: handovers/s`,
    'wait p99 ms',
    'connections of waiters',
  ],
  rows: primitives.map((it) => [
    it.name,
    it.aloneP50Ms.toFixed(2),
    it.aloneP99Ms.toFixed(2),
    it.handoversPerSecond ?? '–',
    it.waitP99Ms ?? '–',
    it.connectionsOfWaiters ?? '–',
  ]),
});

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

/** What a person reads. */
export function locksText({ arms, demonstrations, primitives, goals }: LocksResult): string {
  const tables = [armsTable(arms), demonstrationsTable(demonstrations), primitivesTable(primitives)].map(markdown);
  const lines = goals.map(({ goal, measured, met }) => `${met ? '✓' : '✗'} ${goal.padEnd(72)} ${measured}`);
  return ['', tables.join('\n\n'), '', ...lines].join('\n');
}
