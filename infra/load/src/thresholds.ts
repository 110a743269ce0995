import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Goal } from './scenario.ts';

/** What k6 writes with `--summary-export`: each metric with its figures, and its thresholds with whether they were crossed. */
export interface Summary {
  metrics: Record<string, { thresholds?: Record<string, boolean> } & Record<string, unknown>>;
}

/** The script's own thresholds, as k6 judged them. Where it ended before it could, that is one that was missed. */
export async function thresholdsIn(file: string): Promise<Goal[]> {
  if (!existsSync(file)) return [{ goal: "the script's thresholds", measured: 'k6 has left no summary', met: false }];
  return thresholdsOf(JSON.parse(await readFile(file, 'utf8')) as Summary);
}

export function thresholdsOf({ metrics }: Summary): Goal[] {
  return Object.entries(metrics).flatMap(([name, metric]) =>
    Object.entries(metric.thresholds ?? {}).map(([expression, crossed]) => ({
      goal: `${name}: ${expression}`,
      measured: figureOf(metric, expression),
      met: !crossed,
    })),
  );
}

/** `p(99)<1000` is about the figure `p(99)`; a rate is told as `value`, and a median as `med`. */
function figureOf(metric: Record<string, unknown>, expression: string): string {
  const named = expression.split(/[<>=]/)[0]!.trim();
  const figure = metric[named] ?? metric[named === 'rate' ? 'value' : 'med'];
  return typeof figure === 'number' ? String(Math.round(figure * 1000) / 1000) : '';
}
