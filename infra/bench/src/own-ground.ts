import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed } from '@ringshop/operator';

export interface Ground {
  /** For whatever is started here; gone afterwards. */
  dir: string;
  /** Aborts when its user gives up (Ctrl-C) or the time is over; long waits have to look at it. */
  signal: AbortSignal;
}

/** Runs `work` with a folder of its own, for a limited time. `work` ends what it started; the folder is gone afterwards. */
export async function onOwnGround<T>(withinMs: number, work: (ground: Ground) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'ringshop-bench-'));
  const working = new AbortController();
  const giveUp = (why: string) => working.abort(new CommandFailed(`${why}; nothing was measured`));
  const interrupted = () => giveUp('interrupted');
  // Not once: one Ctrl-C under npm may be two signals, and the second would end us while we clear up.
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  const late = setTimeout(() => giveUp(`not done within ${withinMs / 60_000} minutes`), withinMs);
  try {
    return await work({ dir, signal: working.signal });
  } catch (error) {
    // What broke because we gave up is not the reason.
    working.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(late);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await rm(dir, { recursive: true, force: true });
  }
}
