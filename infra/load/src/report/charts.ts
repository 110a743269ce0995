import { lineChart } from '@ringshop/charts';
import { isEnd, isFailure } from '../sample.ts';
import type { Tally } from '../tally.ts';
import type { Outcome } from './outcome.ts';

type Line = [name: string, of: (tally: Tally) => number | null];

/** How the run went over its time, each as SVG text. */
export function chartsOf({ tallies, marks, scenario }: Outcome): string[] {
  const { intervals, intervalMs, startedAt = 0 } = tallies;
  const seconds = intervalMs / 1000;
  // The last interval is a piece of one: it would look as if everything broke down.
  const inOrder = [...intervals].toSorted(([a], [b]) => a - b).slice(0, -1);
  const draw = (title: string, yUnit: string, lines: Line[]) =>
    lineChart({
      title,
      xUnit: 'seconds since the first order',
      yUnit,
      series: lines.map(([name, of]) => ({ name, points: inOrder.map(([n, tally]) => [n * seconds, of(tally)]) })),
      marks: marks.map(({ atMs, label }) => ({ x: Math.max(0, Math.round((atMs - startedAt) / 1000)), label })),
    });
  const perSecond = (is: (outcome: string) => boolean) => (tally: Tally) => tally.count(is) / seconds;
  const percentile = (percent: number) => (tally: Tally) =>
    tally.ended.count > 0 ? tally.ended.percentile(percent) : null;
  return [
    draw('Orders, by the second in which they were placed', 'a second', [
      ['ended', perSecond(isEnd)],
      ['confirmed', perSecond((outcome) => outcome === 'confirmed')],
    ]),
    draw(`From ${scenario.fromPost ? 'the POST of an order' : 'when an order was due'} until it had ended`, 'ms', [
      ['p50', percentile(50)],
      ['p95', percentile(95)],
      ['p99', percentile(99)],
    ]),
    draw('Turned away, waited for in vain, and failed', 'a second', [
      ['refused (with Retry-After)', perSecond((outcome) => outcome === 'refused')],
      ['unended', perSecond((outcome) => outcome === 'unended')],
      ['failed', perSecond(isFailure)],
    ]),
  ];
}
