import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit, CommandFailed, type SystemUrls } from '@ringshop/operator';
import { Attempts } from './attempts.ts';
import type { Choice } from './choice.ts';
import { findK6, type K6 } from './find-k6.ts';
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
  const k6 = await findK6(note);
  const attempts = new Attempts(note);
  const steps: (() => Promise<unknown>)[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'ringshop-load-'));
  const run: Run = { ...chosen, k6, folder, attempts, atEnd: (step) => steps.unshift(step) };
  run.atEnd(() => rm(folder, { recursive: true, force: true }));
  let outcome: Outcome;
  try {
    outcome = await judged(run, await load(run));
  } finally {
    // Each of them, also after one that failed.
    for (const step of steps) await attempts.to('putting right what was changed', step);
  }
  return { ...outcome, ok: outcome.ok && attempts.missed.length === 0, goals: [...outcome.goals, ...attempts.missed] };
}

interface Run extends Chosen {
  k6: K6;
  folder: string;
  attempts: Attempts;
  atEnd: Context['atEnd'];
}

interface Loaded extends Pick<Outcome, 'startedAt' | 'seconds' | 'tallies' | 'marks'> {
  plan: Plan;
  code: number;
}

async function load(run: Run): Promise<Loaded> {
  const { name, scenario, system, signal, k6, folder, attempts, atEnd } = run;
  const [startedAt, tallies, marks] = [new Date(), new Tallies(), [] as Mark[]];
  const over = new AbortController();
  const mark = (label: string) => marks.push({ atMs: Date.now(), label });
  const context: Context = { ...run, tallies, note, mark, atEnd, signal: AbortSignal.any([signal, over.signal]) };
  const plan = (await scenario.prepare?.(context)) ?? {};
  note(`${name} against ${system.gateway}, ${scenario.takes}`);
  const beside = meanwhile(plan, over, attempts);
  const end = async () => {
    over.abort();
    await beside;
  };
  // Also where k6 could not be run: what was broken beside it is put right before anything is closed.
  atEnd(end);
  const isEnough = plan.isEnough ?? (() => false);
  const env = environment(run, plan);
  const code = await runK6({ k6, scenario: name, folder, env, tallies, isEnough, signal: context.signal });
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  await end();
  if (signal.aborted) throw givenUp();
  note(`k6 ended with ${code}; auditing its ${tallies.acknowledged.size} acknowledged orders`);
  return { startedAt, seconds, tallies, marks, plan, code };
}

async function judged(run: Run, { plan, code, ...loaded }: Loaded): Promise<Outcome> {
  const { system, signal, folder, attempts } = run;
  const acknowledged = [...loaded.tallies.acknowledged];
  const report = await attempts.to('the audit', () =>
    Promise.race([audit(system, { acknowledged }), aborted(signal).then(() => undefined)]),
  );
  if (signal.aborted) throw givenUp();
  const goals = (await attempts.to('the judgement', () => plan.judge?.())) ?? [];
  const thresholds = (await attempts.to("the reading of k6's thresholds", () => thresholdsIn(summaryIn(folder)))) ?? [];
  // k6 says so itself, but not when it was told that it is enough.
  const met = [...goals, ...thresholds, ...attempts.missed].every((each) => each.met);
  const ok = code === 0 && report?.ok === true && met && acknowledged.length > 0;
  if (ok) await attempts.to('what is done when all is green', () => plan.whenGreen?.());
  const charts = (await attempts.to("the scenario's own charts", () => plan.charts?.())) ?? [];
  return { ...run, ...loaded, thresholds, goals, charts, audit: report, ok };
}

const environment = ({ system, peak }: Chosen, { env }: Plan): Record<string, string> => ({
  LAUNCHED: '1',
  GATEWAY_URL: system.gateway,
  SIMULATORS_URL: system.simulators,
  ...(peak !== undefined && { PEAK: String(peak) }),
  ...env,
});

/** Does what is done beside the load. Where that fails, the load has no sense any more, and ends. */
const meanwhile = (plan: Plan, over: AbortController, attempts: Attempts) =>
  attempts.to('what is done beside the load', async () => {
    try {
      await plan.meanwhile?.();
    } catch (error) {
      over.abort();
      throw error;
    }
  });
