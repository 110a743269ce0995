import { relative } from 'node:path';
import {
  CommandFailed,
  findSystem,
  readArguments,
  runCommand,
  type SystemUrls,
  table,
  wholeNumber,
} from '@ringshop/operator';
import { knownPeak } from './peak.ts';
import { writeReport } from './report/html.ts';
import { outcomeText } from './report/text.ts';
import { runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios/index.ts';

const help = `usage: npm run load -- <scenario> [--peak <orders a second>] [--minutes <minutes>]

Runs a k6 scenario with thresholds against the running system, then the audit over every order it placed. Ends with 0 when
all of it is green. A page with charts is left in .ringshop/reports.

${table(
  ['scenario', 'takes', 'shows'],
  Object.entries(scenarios).map(([name, { takes, shows }]) => [name, takes, shows]),
)}

  --peak <n>     orders a second that this system can complete, 10 to 10000 (default: what ramp has measured here)
  --minutes <n>  how long soak goes on, 1 to 600 (default 10)`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { peak: { type: 'string' }, minutes: { type: 'string' } });
  const [name = '', ...rest] = positionals;
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (!scenario || rest.length > 0) throw new CommandFailed(`name one scenario: ${Object.keys(scenarios).join(', ')}`);
  const given = values.peak === undefined ? undefined : wholeNumber('peak', values.peak, 10, 10_000);
  const minutes = values.minutes === undefined ? undefined : wholeNumber('minutes', values.minutes, 1, 600);
  if (minutes && !scenario.minutes) throw new CommandFailed(`${name} takes ${scenario.takes}, and no --minutes`);
  const system = await findSystem();
  await refuseWhenDown(system);
  const signal = interrupted();
  const shared = { system, minutes: minutes ?? scenario.minutes ?? 0, signal };
  let peak = given ?? (await knownPeak());
  if (scenario.needsPeak && peak === undefined) {
    console.error(`load: ${name} goes by the peak, which nobody has measured here: ramp comes first (or give --peak)`);
    if (!(await run({ name: 'ramp', scenario: scenarios.ramp!, peak, ...shared }))) return 1;
    peak = await knownPeak();
  }
  return (await run({ name, scenario, peak, ...shared })) ? 0 : 1;
}

async function run(chosen: Omit<Parameters<typeof runScenario>[0], 'command'>): Promise<boolean> {
  const options = chosen.peak ? ` --peak ${chosen.peak}` : '';
  const command = `npm run load -- ${chosen.name}${options}${chosen.scenario.minutes ? ` --minutes ${chosen.minutes}` : ''}`;
  const outcome = await runScenario({ ...chosen, command });
  console.log(outcomeText(outcome));
  console.error(`load: the report is ${relative(process.cwd(), await writeReport(outcome))}`);
  return outcome.ok;
}

async function refuseWhenDown({ gateway }: SystemUrls): Promise<void> {
  const up = await fetch(`${gateway}/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (!up?.ok) throw new CommandFailed(`nothing is ready on ${gateway}: npm start first`);
}

/** At Ctrl-C what was broken is put right again, and k6 ends by itself. */
function interrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
  return ending.signal;
}

await runCommand('load', main);
