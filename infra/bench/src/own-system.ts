import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type System, type SystemOptions, startSystem } from '@ringshop/local';
import { CommandFailed } from '@ringshop/operator';

export interface Benched {
  system: System;
  /** Aborts when its user gives up (Ctrl-C) or the time is over; long waits have to look at it. */
  signal: AbortSignal;
}

/** Runs `work` on a system of its own, on free ports. Processes and files are gone afterwards, whatever happens. */
export async function onOwnSystem<T>(
  options: Omit<SystemOptions, 'dir' | 'ports' | 'signal'>,
  withinMs: number,
  work: (benched: Benched) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'ringshop-bench-'));
  const starting = new AbortController();
  const working = new AbortController();
  const giveUp = (why: string) => {
    starting.abort();
    working.abort(new CommandFailed(why));
  };
  const interrupted = () => giveUp('interrupted; nothing was measured');
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const late = setTimeout(() => giveUp(`not done within ${withinMs / 60_000} minutes; nothing was measured`), withinMs);
  let system: System | undefined;
  try {
    system = await startSystem({ ...options, dir, ports: 'free', signal: starting.signal });
    return await work({ system, signal: working.signal });
  } catch (error) {
    // What broke because we gave up is not the reason.
    working.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(late);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await system?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
