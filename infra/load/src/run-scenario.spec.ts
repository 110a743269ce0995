import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditReport, audit, CommandFailed, type SystemUrls } from '@ringshop/operator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findK6 } from './find-k6.ts';
import { pageOf } from './report/html.ts';
import { outcomeText } from './report/text.ts';
import { runScenario } from './run-scenario.ts';
import { aborted, type Context, type Plan, type Scenario } from './scenario.ts';
import { overload } from './scenarios/overload.ts';

vi.mock('./find-k6.ts', () => ({ findK6: vi.fn() }));
vi.mock('@ringshop/operator', async (original) => ({ ...(await original<object>()), audit: vi.fn() }));

const id = '0192f0c1-0000-7000-8000-000000000001';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringshop-run-scenario-'));
  // What a run leaves behind would be here.
  vi.stubEnv('TMPDIR', join(folder));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await givenK6(0);
  vi.mocked(audit).mockResolvedValue({ ok: true, parked: [], invariants: [] } satisfies AuditReport);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** A program in the place of k6: one customer, and how it ends. */
async function givenK6(code: number, ...more: string[]) {
  const program = join(folder, 'program.mjs');
  const summary = "process.argv[process.argv.indexOf('--summary-export') + 1]";
  const lines = [
    "import { writeFileSync } from 'node:fs'",
    `writeFileSync(${summary}, '{ "metrics": { "failed": { "thresholds": { "count==0": false } } } }')`,
    "console.error(process.argv.join(' '))",
    `console.error('@ steady 1764172800123 confirmed 12.00 ${id}')`,
    `process.exitCode = ${code}`,
    ...more,
  ];
  await writeFile(program, lines.join(';\n'));
  vi.mocked(findK6).mockResolvedValue({ command: process.execPath, before: () => [program] });
}

function run(prepare: Scenario['prepare'], signal = new AbortController().signal) {
  const scenario: Scenario = { shows: 'a test', takes: 'no time', prepare };
  const system = { gateway: 'http://g', simulators: 'http://s' } as SystemUrls;
  const more = { command: '', peak: undefined, minutes: 0, signal };
  return runScenario({ name: 'steady', scenario, system, ...more });
}
const left = async () => (await readdir(folder)).filter((name) => name !== 'program.mjs');

it('tells the script who reads its lines, and what it is to talk to', async () => {
  await run(undefined);
  expect(console.error).toHaveBeenCalledWith(expect.stringMatching(/ -e LAUNCHED=1 -e GATEWAY_URL=http:\/\/g /));
});

it('tells what is done when all is green only then', async () => {
  const whenGreen = vi.fn(async () => undefined);
  const judge: Plan['judge'] = () => [{ goal: 'a goal', measured: '1', met: false }];
  expect((await run(() => ({ whenGreen, judge }))).ok).toBe(false);
  vi.mocked(audit).mockResolvedValueOnce({ ok: false, parked: [], invariants: [] });
  expect((await run(() => ({ whenGreen }))).ok).toBe(false);
  await givenK6(99);
  expect((await run(() => ({ whenGreen }))).ok).toBe(false);
  expect(whenGreen).not.toHaveBeenCalled();
  await givenK6(0);
  expect((await run(() => ({ whenGreen }))).ok).toBe(true);
  expect(whenGreen).toHaveBeenCalledOnce();
  expect(await left()).toEqual([]);
});

it('puts right what was broken beside the load where k6 cannot be run', async () => {
  vi.mocked(findK6).mockResolvedValue({
    command: '',
    before: () => {
      throw new Error('no k6');
    },
  });
  const done: string[] = [];
  const cannot = run(({ signal, atEnd }) => {
    atEnd(async () => done.push('closed'));
    return { meanwhile: () => aborted(signal).then(() => void done.push('put right')) };
  });
  await expect(cannot).rejects.toThrow('no k6');
  expect(done).toEqual(['put right', 'closed']);
});

const fails = async () => {
  throw new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:5432')]);
};
const reason = 'could not be done: connect ECONNREFUSED 127.0.0.1:5432';

it.each<[string, (context: Context) => Plan]>([
  ['the judgement', () => ({ judge: fails })],
  ['what is done beside the load', ({ tallies }) => ({ meanwhile: () => tallies.begun('steady').then(fails) })],
  ['what is done when all is green', () => ({ whenGreen: fails })],
])('is red, and leaves its figures, where %s fails', async (what, prepare) => {
  const { ok, goals, tallies } = await run(prepare);
  expect(ok).toBe(false);
  expect(goals).toEqual([{ goal: what, measured: reason, met: false }]);
  expect(tallies.acknowledged.size).toBe(1);
});

it('is red, and leaves its figures, where the audit fails, and what was changed cannot be put right', async () => {
  vi.mocked(audit).mockImplementation(fails);
  const judge: Plan['judge'] = () => [{ goal: 'a goal', measured: '1', met: true }];
  const outcome = await run(({ atEnd }) => {
    atEnd(fails);
    return { judge };
  });
  expect(outcome).toMatchObject({ ok: false, audit: undefined });
  expect(outcome.goals.map(({ goal, met }) => [goal, met])).toEqual([
    ['a goal', true],
    ['the audit', false],
    ['putting right what was changed', false],
  ]);
  for (const told of [pageOf(outcome), outcomeText(outcome)]) {
    expect(told).toContain('steady');
    expect(told).toContain(reason);
  }
});

it('is red where k6 has left no summary', async () => {
  await givenK6(
    0,
    "import { rmSync } from 'node:fs'",
    'rmSync(process.argv[process.argv.indexOf("--summary-export") + 1])',
  );
  expect((await run(undefined)).ok).toBe(false);
});

it('closes what was opened, last in, first out, and leaves no folder, where a scenario cannot begin', async () => {
  const done: string[] = [];
  const cannot = run(async ({ atEnd }) => {
    atEnd(async () => done.push('opened first'));
    atEnd(async () => {
      done.push('opened last');
      throw new Error('cannot close');
    });
    throw new CommandFailed('there is one shard only');
  });
  await expect(cannot).rejects.toThrow('there is one shard only');
  expect(done).toEqual(['opened last', 'opened first']);
  expect(await left()).toEqual([]);
  await expect(run(() => Promise.reject(new CommandFailed('one shard only')))).rejects.toThrow('one shard only');
  expect(await left()).toEqual([]);
});

describe('the payment provider that overload holds up', () => {
  const faults: string[] = [];
  const givenUp = new AbortController();
  let isGivenUp: boolean;
  beforeEach(() => {
    faults.length = 0;
    vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
      faults.push(body);
      if (isGivenUp) givenUp.abort();
      return Response.json({});
    });
  });
  afterEach(() => expect(faults).toEqual(['{"authorisationsPerSecond":100}', '{}']));

  it('is let go of where k6 is killed', async () => {
    isGivenUp = false;
    await givenK6(0, "process.kill(process.pid, 'SIGKILL')");
    expect((await run(overload.prepare)).ok).toBe(false);
  });

  it('is let go of at Ctrl-C', async () => {
    isGivenUp = true;
    await givenK6(0, 'setTimeout(() => undefined, 3000)');
    await expect(run(overload.prepare, givenUp.signal)).rejects.toThrow('given up');
  });
});

it('gives up also while it is audited', async () => {
  const givenUp = new AbortController();
  vi.mocked(audit).mockImplementation(() => {
    givenUp.abort();
    return new Promise(() => undefined);
  });
  await expect(run(undefined, givenUp.signal)).rejects.toThrow('given up');
});
