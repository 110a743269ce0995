import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit, CommandFailed, type SystemUrls } from '@ringshop/operator';
import type { Choice } from './choice.ts';
import { findK6 } from './find-k6.ts';
import type { Outcome } from './report/outcome.ts';
import { runK6, summaryIn } from './run-k6.ts';
import { aborted, type Context, type Mark, type Plan } from './scenario.ts';
import { Tallies } from './tallies.ts';
import { thresholdsIn } from './thresholds.ts';

export interface Chosen extends Choice {
  command: string;
  system: SystemUrls;
  /** Aborted at Ctrl-C. */
  signal: AbortSignal;
}

const note = (text: string) => console.error(`load: ${text}`);
const givenUp = () => new CommandFailed('given up before its end: nothing is judged');

/** The load, what is done beside it, the audit over every acknowledged order, and the judgement. */
export async function runScenario(chosen: Chosen): Promise<Outcome> {
  const { name, scenario, system, signal } = chosen;
  const k6 = await findK6(note);
  const [startedAt, tallies, marks] = [new Date(), new Tallies(), [] as Mark[]];
  const over = new AbortController();
  const mark = (label: string) => marks.push({ atMs: Date.now(), label });
  const steps: (() => Promise<unknown>)[] = [];
  const atEnd = (step: () => Promise<unknown>) => steps.unshift(step);
  const context: Context = { ...chosen, tallies, note, mark, atEnd, signal: AbortSignal.any([signal, over.signal]) };
  const folder = await mkdtemp(join(tmpdir(), 'ringshop-load-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  try {
    const plan = (await scenario.prepare?.(context)) ?? {};
    note(`${name} against ${system.gateway}, ${scenario.takes}`);
    const beside = meanwhile(plan, over);
    // Also where k6 could not be run: what was broken beside it is put right before anything is closed.
    atEnd(async () => {
      over.abort();
      await beside();
    });
    const isEnough = plan.isEnough ?? (() => false);
    const env = environment(chosen, plan);
    const code = await runK6({ k6, scenario: name, folder, env, tallies, isEnough, signal: context.signal });
    const seconds = (Date.now() - startedAt.getTime()) / 1000;
    over.abort();
    await beside();
    if (signal.aborted) throw givenUp();
    note(`k6 ended with ${code}; auditing its ${tallies.acknowledged.size} acknowledged orders`);
    const report = await Promise.race([audit(system, { acknowledged: [...tallies.acknowledged] }), aborted(signal)]);
    if (!report) throw givenUp();
    const [goals, thresholds] = [(await plan.judge?.()) ?? [], await thresholdsIn(summaryIn(folder))];
    // k6 says so itself, but not when it was told that it is enough.
    const met = [...goals, ...thresholds].every((each) => each.met);
    const ok = code === 0 && report.ok && met && tallies.acknowledged.size > 0;
    if (ok) await plan.whenGreen?.();
    const charts = plan.charts?.() ?? [];
    return { ...chosen, startedAt, seconds, tallies, marks, thresholds, goals, charts, audit: report, ok };
  } finally {
    await inTurn(steps);
  }
}

/** Each of them, also after one that failed. */
async function inTurn([step, ...rest]: (() => Promise<unknown>)[]): Promise<void> {
  try {
    await step?.();
  } finally {
    if (rest.length > 0) await inTurn(rest);
  }
}

const environment = ({ system, peak }: Chosen, { env }: Plan): Record<string, string> => ({
  LAUNCHED: '1',
  GATEWAY_URL: system.gateway,
  SIMULATORS_URL: system.simulators,
  ...(peak !== undefined && { PEAK: String(peak) }),
  ...env,
});

/** Begins what is done beside the load. Where that fails, the load has no sense any more, and ends. */
function meanwhile({ meanwhile: begin }: Plan, over: AbortController): () => Promise<void> {
  const failed: unknown[] = [];
  const running = begin?.().catch((error: unknown) => {
    failed.push(error);
    over.abort();
  });
  return async () => {
    await running;
    if (failed.length > 0) throw failed[0];
  };
}
