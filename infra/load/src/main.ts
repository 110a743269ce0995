import { relative } from 'node:path';
import {
  CommandFailed,
  findSystem,
  interrupted,
  readArguments,
  runCommand,
  type SystemUrls,
  table,
} from '@ringshop/operator';
import { choiceOf, commandOf } from './choice.ts';
import { knownPeak } from './peak.ts';
import { writeReport } from './report/html.ts';
import { outcomeText } from './report/text.ts';
import { type Chosen, runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios/index.ts';

const byPeak = Object.entries(scenarios).flatMap(([name, { peak }]) => (peak ? [name] : []));

const help = `usage: npm run load -- <scenario> [--peak <orders a second>] [--minutes <minutes>]

Runs a k6 scenario with thresholds against the running system, then the audit over every order it placed. Ends with 0 when
all of it is green. A page with charts is left in .ringshop/reports.

${table(
  ['scenario', 'takes', 'shows'],
  Object.entries(scenarios).map(([name, { takes, shows }]) => [name, takes, shows]),
)}

  --peak <n>     orders a second that this system can complete, 10 to 10000 (default: what ramp has measured here);
                 for ${byPeak.join(', ')}
  --minutes <n>  how long soak goes on, 1 to 600 (default 10)`;

const ending = interrupted();

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { peak: { type: 'string' }, minutes: { type: 'string' } });
  const choice = choiceOf(positionals, values);
  const { name, scenario } = choice;
  const system = await findSystem();
  await refuseWhenDown(system);
  const shared = { system, signal: ending };
  const known = async () => (scenario.peak ? (choice.peak ?? (await knownPeak())) : undefined);
  let peak = await known();
  if (scenario.peak === 'needed' && peak === undefined) {
    console.error(`load: ${name} goes by the peak, which nobody has measured here: ramp comes first (or give --peak)`);
    if (!(await run({ ...choiceOf(['ramp'], {}), ...shared }))) return 1;
    peak = await known();
  }
  return (await run({ ...choice, peak, ...shared })) ? 0 : 1;
}

async function run(chosen: Omit<Chosen, 'command'>): Promise<boolean> {
  const outcome = await runScenario({ ...chosen, command: commandOf(chosen) });
  console.log(outcomeText(outcome));
  console.error(`load: the report is ${relative(process.cwd(), await writeReport(outcome))}`);
  return outcome.ok;
}

async function refuseWhenDown({ gateway }: SystemUrls): Promise<void> {
  const up = await fetch(`${gateway}/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (!up?.ok) throw new CommandFailed(`nothing is ready on ${gateway}: npm start first`);
}

await runCommand('load', main);
// An audit that was given up would go on to its own end.
if (ending.aborted) process.stdout.write('', () => process.exit());
