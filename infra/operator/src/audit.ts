import { readFile } from 'node:fs/promises';
import { audit } from './audit/audit.ts';
import { reportText } from './audit/report-table.ts';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { findSystem } from './system.ts';

const help = `usage: npm run audit -- [--json] [--quiet-within <seconds>] [--acknowledged <file>]

Checks the invariants I1 to I11 across all databases, Kafka and the payment provider, while the system runs.
It judges the orders that were accepted before it began, once they have ended; load may go on meanwhile.
Three orders of its own, whose cards are declined, prove that keys, strangers and secrets are handled right.

  --json               { ok, invariants: [{ id, ok, checked, violations }], parked }
  --quiet-within <s>   how long those orders may take to end (default 60)
  --acknowledged <f>   a file of order ids, one a line, that clients were answered 2xx for

Ends with 1 when something is violated, with 2 when it cannot tell.`;

async function main(): Promise<number> {
  const { values } = readArguments(help, {
    json: { type: 'boolean' },
    'quiet-within': { type: 'string' },
    acknowledged: { type: 'string' },
  });
  const seconds = Number(values['quiet-within'] ?? 60);
  if (!(seconds >= 0)) throw new CommandFailed('--quiet-within is a number of seconds');
  const report = await audit(await findSystem(), {
    quietWithinMs: seconds * 1000,
    acknowledged: values.acknowledged ? await orderIdsIn(values.acknowledged) : [],
    onNote: (note) => console.error(`audit: ${note} …`),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  return report.ok ? 0 : 1;
}

async function orderIdsIn(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

await runCommand('audit', main);
