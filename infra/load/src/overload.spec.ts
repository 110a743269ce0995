import { expect, it } from 'vitest';
import { judgeOverload, type Summary } from './overload.ts';

const seconds = { calm: 20, x1: 20, x2: 15, x5: 15, x10: 30, recovery: 30, after: 10 };

const stages = Object.entries(seconds).map(([name, length]): Summary['stages'][number] => [name, 1, length]);

interface Run {
  perSecond: number;
  p99: number;
  refusalP50: number;
  lastRefusalS: number;
  refusedAfter: number;
}

/** What k6 tells of a run that is the same at every load but for `at10`. */
function summaryOf(usual: Run, at10: Partial<Run> = {}): Summary {
  const metrics: Summary['metrics'] = {};
  for (const [stage, length] of Object.entries(seconds)) {
    const run = stage === 'x10' ? { ...usual, ...at10 } : usual;
    metrics[`answers{stage:${stage},answer:completed}`] = { values: { count: run.perSecond * length } };
    metrics[`answers{stage:${stage},answer:refused}`] = { values: { count: run.refusedAfter } };
    metrics[`order_ms{stage:${stage}}`] = { values: { med: run.p99 / 2, 'p(99)': run.p99 } };
    metrics[`refusal_ms{stage:${stage}}`] = { values: { med: run.refusalP50 } };
    metrics[`refused_s{stage:${stage}}`] = { values: { max: run.lastRefusalS } };
  }
  return { metrics, stages };
}

const good: Run = { perSecond: 100, p99: 100, refusalP50: 5, lastRefusalS: 1, refusedAfter: 0 };
const metOf = (summary: Summary) => judgeOverload(summary).goals.map(({ met }) => met);

it('holds a good run for good, and shows each load in a line', () => {
  expect(metOf(summaryOf(good, { perSecond: 81, p99: 399 }))).toEqual([true, true, true, true, true]);
  expect(judgeOverload(summaryOf(good)).table.split('\n')).toHaveLength(1 + Object.keys(seconds).length);
});

it.each([
  ['too little is completed at ten times the load', summaryOf(good, { perSecond: 79 }), 0],
  ['those let in wait too long', summaryOf(good, { p99: 401 }), 1],
  ['refusals take long', summaryOf(good, { refusalP50: 50 }), 2],
  ['it goes on refusing', summaryOf({ ...good, lastRefusalS: 30 }), 3],
  ['it refuses for ever', summaryOf({ ...good, refusedAfter: 1 }), 4],
])('tells when %s', (_, summary, goal) => {
  expect(metOf(summary)).toEqual([0, 1, 2, 3, 4].map((n) => n !== goal));
});

it('fails a run that k6 has told nothing of', () => {
  expect(metOf({ metrics: {}, stages })).toContain(false);
});
