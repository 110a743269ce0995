import { CommandFailed, interrupted, readArguments, runCommand, wholeNumber } from '@ringshop/operator';
import { type FaultKind, faultKinds } from './deck.ts';
import { partNames, settings } from './environment.ts';
import { planOf } from './plan.ts';
import { reportOf } from './report.ts';
import { markdownRow, reportText } from './report-text.ts';
import { runChaos } from './run-chaos.ts';
import { planText } from './timeline.ts';

const help = `usage: npm run chaos -- [--seed N] [--minutes M] [--replicas R] [--rate O] [--only K,…] [--plan] [--json]

Breaks a system of its own at random while customers place and cancel orders: processes are killed, frozen and
restarted, Redis is flushed, connections delayed, swallowed, cut and doubled, clocks jump. Then everything is healed,
and every order that was acknowledged has to have ended, as the contract says, with all invariants of the audit.

  --seed N       draws the faults; the same seed gives the same plan (default: any, and printed)
  --minutes M    how long faults go on, 1 to 600 (default 10)
  --replicas R   processes of each order shard and of inventory, 1 or 2 (default 2)
  --rate O       orders a second, 1 to 500 (default 60)
  --only K,…     only these kinds of fault: ${faultKinds.join(', ')}
  --plan         prints what would be done, and ends
  --json         the report as JSON on standard output, alone

The timeline goes to standard error. Ends with 0 when all is well, with 1 and one line a reason when not (the logs are
kept then), with 2 when it could not be tried.`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    replicas: { type: 'string' },
    rate: { type: 'string' },
    only: { type: 'string' },
    plan: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  if (positionals.length > 0) throw new CommandFailed(`chaos takes no ${positionals.join(' ')} (see --help)`);
  const seed = wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 4_294_967_295);
  const minutes = wholeNumber('minutes', values.minutes ?? '10', 1, 600);
  const replicas = wholeNumber('replicas', values.replicas ?? '2', 1, 2);
  const ordersPerSecond = wholeNumber('rate', values.rate ?? '60', 1, 500);
  const kinds = kindsIn(values.only);
  const plan = planOf({ seed, minutes, parts: partNames(replicas), only: kinds });
  if (values.plan) {
    console.log(values.json ? JSON.stringify(plan, null, 2) : planText(plan));
    return 0;
  }
  const changed = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  console.error(`chaos: seed ${seed}, ${minutes} min, ${replicas} replicas; ${changed.join(' ')}, else the defaults`);
  const result = await runChaos(
    { seed, minutes, replicas, ordersPerSecond, kinds, plan, signal: interrupted() },
    (run) => !reportOf(run).ok,
  );
  const report = reportOf(result);
  console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  if (!values.json) console.log(`\nfor docs/reliability.md:\n${markdownRow(report)}`);
  if (!report.ok) console.error(`chaos: the logs are in ${result.dir}/logs`);
  return report.ok ? 0 : 1;
}

function kindsIn(only: string | undefined): readonly FaultKind[] {
  const named = only === undefined ? faultKinds : only.split(',');
  const isKnown = (name: string): name is FaultKind => (faultKinds as readonly string[]).includes(name);
  const unknown = named.filter((name) => !isKnown(name));
  if (unknown.length > 0)
    throw new CommandFailed(`there is no fault "${unknown.join()}"; there are ${faultKinds.join(', ')}`);
  return named.filter(isKnown);
}

await runCommand('chaos', main);
// Not left to Node: after ten minutes of connections that were cut and processes that were killed, its clean-up at the end was
// seen to wait for a handle for ever.
process.stdout.write('', () => process.exit());
