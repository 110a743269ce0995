import { defaultDir, readArguments, run } from './command.ts';
import { stopPart, stopSystem } from './control-client.ts';
import { Refused } from './options.ts';

const help = `usage: npm run stop -- [<part>] [options]

Stops one part, such as order-1 or kafka, and leaves the others alone. Without a part it stops the whole system.

  --kill          at once (SIGKILL) instead of in an orderly way (SIGTERM)
  --dir <folder>  the system that keeps its state there`;

await run('stop', async () => {
  const { values, positionals } = readArguments(help, { kill: { type: 'boolean' } });
  const dir = values.dir ?? defaultDir;
  const kill = values.kill ?? false;
  if (kill && positionals.length === 0) throw new Refused('--kill needs the name of a part');
  if (positionals.length === 0) {
    process.stderr.write('stopping ringshop …\n');
    await stopSystem(dir);
    process.stdout.write('ringshop has stopped\n');
  }
  for (const part of positionals) {
    process.stderr.write(`${kill ? 'killing' : 'stopping'} ${part} …\n`);
    const { wasRunning } = await stopPart(dir, part, { kill });
    process.stdout.write(`${part} ${wasRunning ? 'is' : 'was already'} down\n`);
  }
});
