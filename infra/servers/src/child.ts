import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { strikeOut, writeDown } from './process-ledger.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  /** Receives what the process prints; appended to. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What asks it to end in an orderly way. */
  stopSignal?: NodeJS.Signals;
  /** Milliseconds it may take for that before it is killed. */
  stopWithin?: number;
  /** A folder in which the process is written down while it runs (see process-ledger.ts). */
  ledger?: string | undefined;
}

/** A process of ours, from spawn to exit. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it ended with, or undefined while it runs. */
  exit(): Exit | undefined;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<Exit>;
  kill(): void;
}

/**
 * Starts a process that writes straight into its log file, so it neither fills a pipe nor dies of a broken one when we are killed.
 * It gets a process group of its own: Ctrl-C reaches only us, and we stop things in order.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, stopSignal = 'SIGTERM', stopWithin = 15_000, ledger } = options;
  const child = spawnLogged(options);
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  await spawned(child, options);
  const pid = child.pid as number;
  if (ledger) {
    await writeDown(ledger, name, pid, stopSignal);
    void exited.then(() => strikeOut(ledger, pid));
  }
  const signal = (value: NodeJS.Signals) => {
    if (!ended) child.kill(value);
  };
  return {
    name,
    pid,
    exited,
    exit: () => ended,
    signal,
    kill: () => signal('SIGKILL'),
    stop: async () => {
      signal(stopSignal);
      // A process that a test has paused could not hear it.
      signal('SIGCONT');
      if (!(await endsWithin(exited, stopWithin))) signal('SIGKILL');
      return exited;
    },
  };
}

function spawned(child: ChildProcess, { name, command, args }: ChildOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new Error(`${name}: cannot run ${command} ${args[0] ?? ''}`, { cause })));
  });
}

async function endsWithin(exited: Promise<Exit>, ms: number): Promise<boolean> {
  const overdue = new AbortController();
  const late = sleep(ms, false, { signal: overdue.signal, ref: false }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true), late]);
  overdue.abort();
  return ended;
}

function spawnLogged({ command, args, logFile, env, cwd, uid, gid }: ChildOptions) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const options: SpawnOptions = { stdio: ['ignore', log, log], detached: true, env: env ?? process.env };
  if (cwd !== undefined) options.cwd = cwd;
  if (uid !== undefined) Object.assign(options, { uid, gid });
  try {
    return spawn(command, args, options);
  } finally {
    closeSync(log);
  }
}
