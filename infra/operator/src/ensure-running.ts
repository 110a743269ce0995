import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandFailed } from './cli.ts';
import { findSystem, type SystemUrls } from './system.ts';

export interface Running {
  system: SystemUrls;
  /** Stops what was started for this; leaves alone what had been running before. */
  stop: () => Promise<void>;
}

const startScript = fileURLToPath(new URL('../../local/dist/start.js', import.meta.url));
const withinMs = 120_000;

/** The system that is running, local or in containers; else one that is started here and ends with `stop`. */
export async function ensureRunning(onNote: (note: string) => void): Promise<Running> {
  const found = await findSystem();
  if (await isReady(found)) return { system: found, stop: async () => {} };
  onNote('Nothing is running yet: starting the system (this takes half a minute) …');
  const runner = spawn(process.execPath, [startScript], { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  runner.stderr.on('data', (text: Buffer) => errors.push(text.toString()));
  const exited = once(runner, 'exit');
  const stop = async () => {
    if (runner.exitCode !== null || runner.signalCode !== null) return;
    onNote('Stopping the system again. `npm start` keeps it running.');
    runner.kill('SIGTERM');
    await exited;
  };
  try {
    const until = Date.now() + withinMs;
    for (;;) {
      if (runner.exitCode !== null) throw new CommandFailed(`the system did not start: ${errors.join('').trim()}`);
      if (Date.now() > until) throw new CommandFailed(`the system was not ready within ${withinMs / 1000} s`);
      const system = await findSystem();
      if (await isReady(system)) return { system, stop };
      await sleep(250);
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isReady({ gateway }: SystemUrls): Promise<boolean> {
  try {
    return (await fetch(new URL('/health/ready', gateway), { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false; // nobody listens there: that is the answer
  }
}
