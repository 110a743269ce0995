import { CommandFailed, readArguments, runCommand } from '@ringshop/operator';
import { quick } from './quick.ts';
import { table } from './report.ts';

const help = `usage: npm run bench -- quick [--json]

Measures completed orders a second and CPU-ms an order, part by part, in the same run as the yardstick A1:
the whole order in one transaction of one PostgreSQL database. Starts a system of its own on free ports and
removes it afterwards. Takes about three minutes. Needs Linux, for its CPU accounting.

  --json   { arms, goals } on standard output, alone`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { json: { type: 'boolean' } });
  const [what = 'quick', ...rest] = positionals;
  if (what !== 'quick' || rest.length > 0)
    throw new CommandFailed(`unknown benchmark "${positionals.join(' ')}"; there is: quick`);
  if (process.platform !== 'linux')
    throw new CommandFailed('CPU by part is read from /proc: run this on Linux, or in a container');
  const result = await quick((text) => console.error(`· ${text}`));
  console.log(values.json ? JSON.stringify(result, null, 2) : table(result.arms, result.goals));
  return result.goals.every(({ met }) => met) ? 0 : 1;
}

await runCommand('bench', main);
