import { markdown, type Table } from '../markdown.ts';
import { spread } from '../statistics.ts';
import { contenders, holdMs, type Primitive } from './compare-primitives.ts';
import type { LockArm, LocksResult } from './locks-result.ts';
import type { Demonstration } from './textbook-mistakes.ts';

export const armsTable = (arms: LockArm[]): Table => ({
  head: [
    '`STOCK_LOCK`',
    'hot SKUs',
    'replicas',
    'reservations/s',
    'stretches',
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
      spread(arm.ofEachStretch),
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

/** What a person reads. */
export function locksText({ arms, demonstrations, primitives, goals }: LocksResult): string {
  const tables = [armsTable(arms), demonstrationsTable(demonstrations), primitivesTable(primitives)].map(markdown);
  const lines = goals.map(({ goal, measured, met }) => `${met ? '✓' : '✗'} ${goal.padEnd(72)} ${measured}`);
  return ['', tables.join('\n\n'), '', ...lines].join('\n');
}
