/** What k6 hands its `handleSummary`; metrics by name, with their tags in it. */
export interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
}

export interface Goal {
  goal: string;
  measured: string;
  met: boolean;
}

const stages = ['calm', 'x1', 'x2', 'x5', 'x10', 'recovery', 'after'];
const seconds: Record<string, number> = { calm: 20, x1: 20, x2: 15, x5: 15, x10: 30, recovery: 30, after: 10 };

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
  const measured = stages.map((name) => stageOf(summary, name));
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

function stageOf({ metrics }: Summary, name: string): Stage {
  const count = (answer: string) => metrics[`answers{stage:${name},answer:${answer}}`]?.values.count ?? 0;
  const trend = (metric: string, figure: string) => metrics[`${metric}{stage:${name}}`]?.values[figure] ?? 0;
  const completed = count('completed');
  return {
    name,
    completed,
    perSecond: completed / seconds[name]!,
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

function tableOf(measured: Stage[]): string {
  const titles = ['load', 'completed', 'a second', 'p50 ms', 'p99 ms', 'refused', 'refusal p50 ms', 'last refusal s'];
  const rows = measured.map((stage) => [
    stage.name,
    String(stage.completed),
    stage.perSecond.toFixed(1),
    stage.p50.toFixed(0),
    stage.p99.toFixed(0),
    String(stage.refused),
    stage.refusalP50.toFixed(1),
    stage.lastRefusalS.toFixed(1),
  ]);
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [titles, ...rows].map((row) => row.map((cell, at) => cell.padStart(widths[at]!)).join('  ')).join('\n');
}
