import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defaultDir, readStatus, restartPart } from '@ringshop/local';
import { CommandFailed } from './cli.ts';
import { findSystem, type SystemUrls } from './system.ts';

export interface Running {
  system: SystemUrls;
  /** Stops what was started for this; leaves alone what had been running before. */
  stop: () => Promise<void>;
}

const startScript = fileURLToPath(new URL('../../local/dist/start.js', import.meta.url));
const withinMs = 120_000;
const leftAlone = () => Promise.resolve();

/** The system that is running, local or in containers, with what is down in it up again; else one that is started here. */
export async function ensureRunning(onNote: (note: string) => void): Promise<Running> {
  const found = await findSystem();
  if (await isReady(found)) return { system: found, stop: leftAlone };
  const { parts } = await readStatus(defaultDir);
  if (parts.length === 0) return startHere(onNote);
  for (const { name } of parts.filter(({ state }) => state === 'down')) {
    onNote(`Starting ${name} …`);
    await restartPart(defaultDir, name);
  }
  return { system: await readySystem(), stop: leftAlone };
}

async function startHere(onNote: (note: string) => void): Promise<Running> {
  onNote('Nothing is running yet: starting the system (this takes half a minute) …');
  const runner = spawn(process.execPath, [startScript], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  runner.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  const exited = once(runner, 'exit');
  const isOver = () => runner.exitCode !== null || runner.signalCode !== null;
  const stop = async () => {
    if (isOver()) return;
    onNote('Stopping the system again; npm start keeps it running.');
    runner.kill('SIGTERM');
    await exited;
  };
  try {
    const system = await readySystem(() => {
      if (isOver()) throw new CommandFailed(`the system did not start: ${said.join('').trim()}`);
    });
    return { system, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readySystem(check: () => void = () => undefined): Promise<SystemUrls> {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(250)) {
    check();
    const system = await findSystem();
    if (await isReady(system)) return system;
  }
  throw new CommandFailed(`the system was not ready within ${withinMs / 1000} s`);
}

/** By the local runner's word on every part; of containers only the gateway can be asked. */
async function isReady({ gateway }: SystemUrls): Promise<boolean> {
  const { ready, parts } = await readStatus(defaultDir);
  if (parts.length > 0) return ready;
  try {
    return (await fetch(new URL('/health/ready', gateway), { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false; // nobody listens there: that is the answer
  }
}
