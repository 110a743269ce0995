import type { Tallies } from './tallies.ts';

export const stageHead = [
  'stage',
  'answers',
  'ended',
  'a second',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'unended',
  'refused',
  'refusal p50 ms',
  'refusal p95 ms',
  'failed',
];

/** A row for each stage: orders that ended and how long that took, those that were waited for in vain, and who was turned away. */
export const stageRows = ({ stages }: Tallies): (string | number)[][] =>
  [...stages].map(([name, tally]) => [
    name,
    tally.total,
    tally.ended.count,
    rounded(tally.perSecond),
    ...[50, 95, 99].map((percent) => rounded(tally.ended.percentile(percent))),
    tally.count('unended'),
    tally.count('refused'),
    ...[50, 95].map((percent) => rounded(tally.refusals.percentile(percent))),
    tally.failed,
  ]);

const rounded = (value: number) => Math.round(value * 10) / 10;
