import { table } from '@ringshop/operator';

/** What k6 hands its `handleSummary`; metrics by name, with their tags in it. */
export interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
  /** Name, times the peak, seconds; in their order. */
  stages: [name: string, times: number, seconds: number][];
}

export interface Goal {
  goal: string;
  measured: string;
  met: boolean;
}

interface Stage {
  name: string;
  completed: number;
  perSecond: number;
  refused: number;
  p50: number;
  p99: number;
  refusalP50: number;
  lastRefusalS: number;
}

/** Whether the system did its peak work for those it let in, and refused the others fast. */
export function judgeOverload(summary: Summary): { table: string; goals: Goal[] } {
  const stages = summary.stages.filter(([name]) => name !== 'warm-up');
  const measured = stages.map(([name, , seconds]) => stageOf(summary, name, seconds));
  const of = (name: string) => measured.find((stage) => stage.name === name)!;
  const peak = Math.max(...measured.map(({ perSecond }) => perSecond));
  const [calm, full] = [of('calm'), of('x10')];
  const recovery = of('recovery');
  const goals = [
    goal('completed at 10x against the peak, at least 0.8', full.perSecond / peak, (it) => it >= 0.8),
    goal('p99 of those let in at 10x against 70 %, at most 4', full.p99 / calm.p99, (it) => it <= 4),
    goal('a refusal at 10x takes, ms (median), under 50', full.refusalP50, (it) => it < 50),
    goal('last refusal after the load fell, s, within 30', recovery.lastRefusalS, (it) => it < 30),
    goal('refused after that', of('after').refused, (it) => it === 0),
  ];
  return { table: tableOf(measured), goals };
}

function stageOf({ metrics }: Summary, name: string, seconds: number): Stage {
  const count = (answer: string) => metrics[`answers{stage:${name},answer:${answer}}`]?.values.count ?? 0;
  const trend = (metric: string, figure: string) => metrics[`${metric}{stage:${name}}`]?.values[figure] ?? 0;
  const completed = count('completed');
  return {
    name,
    completed,
    perSecond: completed / seconds,
    refused: count('refused'),
    p50: trend('order_ms', 'med'),
    p99: trend('order_ms', 'p(99)'),
    refusalP50: trend('refusal_ms', 'med'),
    lastRefusalS: trend('refused_s', 'max'),
  };
}

const goal = (text: string, measured: number, met: (measured: number) => boolean): Goal => ({
  goal: text,
  measured: measured.toFixed(2),
  met: met(measured),
});

const tableOf = (measured: Stage[]) =>
  table(
    ['load', 'completed', 'a second', 'p50 ms', 'p99 ms', 'refused', 'refusal p50 ms', 'last refusal s'],
    measured.map((stage) => [
      stage.name,
      stage.completed,
      rounded(stage.perSecond),
      rounded(stage.p50),
      rounded(stage.p99),
      stage.refused,
      rounded(stage.refusalP50),
      rounded(stage.lastRefusalS),
    ]),
  );

const rounded = (value: number) => Math.round(value * 10) / 10;
