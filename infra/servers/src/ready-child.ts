import { type Child, type ChildOptions, startChild } from './child.ts';
import { until } from './until.ts';

/** What every server needs to know. */
export interface ServerOptions {
  /** Data goes to a folder of the server's name in here, its output to `logs`. */
  dir: string;
  port: number;
  ledger?: string;
  /** Hears of installations and downloads. */
  progress?: (line: string) => void;
  /** Gives the start up. */
  signal?: AbortSignal | undefined;
}

export interface ReadyOptions extends ChildOptions {
  /** Whether it does its work now; may throw while it does not. */
  isReady: (child: Child) => Promise<boolean>;
  /** Milliseconds it may take. */
  readyWithin: number;
  signal?: AbortSignal | undefined;
}

/** Starts a process and waits until it does its work. One that does not get there is stopped, and the error says where to look. */
export async function startReady({ isReady, readyWithin, signal, ...options }: ReadyOptions): Promise<Child> {
  const child = await startChild(options);
  const pointless = () => {
    const exit = child.exit();
    if (exit) return `ended with ${exit.signal ?? `code ${exit.code}`}, see ${options.logFile}`;
    return signal?.aborted ? 'its start was given up' : undefined;
  };
  try {
    await until(() => isReady(child), { every: 50, within: readyWithin, what: options.name, unless: pointless });
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}
