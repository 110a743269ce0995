import { defaultDir, readArguments, run } from './command.ts';
import { restartPart } from './control-client.ts';
import { Refused } from './options.ts';

const help = `usage: npm run restart -- <part> [options]

Starts a part again, such as order-1 or kafka, after stopping it if it runs, and waits until it is ready.

  --kill          stop it at once (SIGKILL) instead of in an orderly way (SIGTERM)
  --dir <folder>  the system that keeps its state there`;

await run('restart', async () => {
  const { values, positionals } = readArguments(help, { kill: { type: 'boolean' } });
  if (positionals.length === 0) throw new Refused('which part? (see npm run status)');
  for (const part of positionals) {
    process.stderr.write(`restarting ${part} …\n`);
    await restartPart(values.dir ?? defaultDir, part, { kill: values.kill ?? false });
    process.stdout.write(`${part} is ready\n`);
  }
});
