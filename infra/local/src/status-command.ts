import { defaultDir, readArguments, run } from './command.ts';
import { readStatus } from './control-client.ts';
import { partsTable } from './table.ts';

const help = `usage: npm run status [-- options]

Tells which parts of the system run, where, and how they are. Ends with 0 whenever it can tell.

  --json          { ready, gateway, parts: [{ name, kind, pid, url, state }], postgres, redis, kafka } and nothing else
  --dir <folder>  the system that keeps its state there`;

await run('status', async () => {
  const { values } = readArguments(help, { json: { type: 'boolean' } });
  const status = await readStatus(values.dir ?? defaultDir);
  if (values.json) process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
  else if (status.parts.length === 0) process.stdout.write('ringshop is not running; npm start starts it\n');
  else process.stdout.write(`${partsTable(status.parts)}\n`);
});
