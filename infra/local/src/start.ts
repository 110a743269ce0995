import { once } from 'node:events';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { defaultDir, readArguments, run, wholeNumber } from './command.ts';
import { Refused, type SystemEvent, type SystemOptions } from './options.ts';
import { settingsFrom } from './settings.ts';
import { startSystem } from './start-system.ts';
import type { System } from './system.ts';
import { partsTable } from './table.ts';

const help = `usage: npm start [-- options]

Runs the whole of ringshop on this machine, without Docker: PostgreSQL, Redis, Kafka, order shards, inventory, payment,
gateway, and the simulators of the payment and identity provider. Stays in the foreground; Ctrl-C ends all of it.
Data and logs are in .ringshop and survive a restart. Settings are read from the environment: docs/configuration.md.

  --fresh         wipe .ringshop first
  --shards <n>    order shards of a fresh system (1 to 16, default 2)
  --replicas <n>  processes of each order shard and of inventory (1 to 6, default 1)
  --ports free    take any free ports instead of the documented ones
  --dir <folder>  keep the state there instead of in .ringshop`;

const say = (line: string) => process.stdout.write(`${line}\n`);

await run('ringshop', async () => {
  const begun = performance.now();
  const options = readOptions();
  say(`starting ringshop in ${options.dir}`);
  const env = await settingsFrom(process.env);
  const set = new Set(Object.values(env).flatMap(Object.keys));
  if (set.size > 0) say(`  … from the environment: ${[...set].join(', ')}`);
  const ending = endOnSignal();
  try {
    const onStopRequest = () => ending.abort();
    const system = await startSystem({ ...options, env, signal: ending.signal, onStopRequest, onEvent: report });
    await welcome(system, performance.now() - begun);
    if (!ending.signal.aborted) await once(ending.signal, 'abort');
    say('stopping …');
    await system.stop();
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  }
  say('ringshop has stopped');
});

function readOptions(): SystemOptions & { dir: string } {
  const { values, positionals } = readArguments(help, {
    fresh: { type: 'boolean' },
    shards: { type: 'string' },
    replicas: { type: 'string' },
    ports: { type: 'string' },
  });
  if (positionals.length > 0) throw new Refused(`npm start takes no ${positionals.join(' ')} (see --help)`);
  if (values.ports !== undefined && values.ports !== 'free') throw new Refused('--ports can only be free');
  const shards = wholeNumber('shards', values.shards, 1, 16);
  return {
    dir: values.dir ? resolve(values.dir) : defaultDir,
    ports: values.ports ?? 'default',
    fresh: values.fresh ?? false,
    replicas: wholeNumber('replicas', values.replicas, 1, 6) ?? 1,
    ...(shards !== undefined && { shards }),
  };
}

/** Every part has a bound on how long it may take to stop, so there is nothing that a second Ctrl-C could speed up. */
function endOnSignal(): AbortController {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  return ending;
}

async function welcome(system: System, tookMs: number): Promise<void> {
  const { parts } = await system.status();
  say(
    `\n${partsTable(parts)}\n\nup after ${(tookMs / 1000).toFixed(1)} s; Ctrl-C stops it; logs are in ${system.dir}/logs`,
  );
  say(`ringshop ready on ${system.gatewayUrl}`);
}

function report(event: SystemEvent): void {
  say(`  ${sentence(event)}`);
}

function sentence(event: SystemEvent): string {
  if (event.kind === 'progress') return `… ${event.text}`;
  const { name, state } = event;
  if (state === 'ready')
    return `${styleText('green', '✓')} ${name} is ready after ${(event.afterMs / 1000).toFixed(1)} s`;
  if (state === 'stopped') return `${styleText('dim', '-')} ${name} has stopped`;
  if (state === 'restarting')
    return `${styleText('yellow', '↻')} ${name} ended by itself (${event.detail}) and is started again`;
  return `${styleText('red', '✗')} ${name} died (${event.detail}); npm run restart -- ${name} starts it again`;
}
