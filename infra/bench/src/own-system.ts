import { join } from 'node:path';
import { type System, type SystemOptions, startSystem } from '@ringshop/local';
import { onOwnGround } from './own-ground.ts';

export interface Benched {
  system: System;
  /** Aborts when its user gives up (Ctrl-C) or the time is over; long waits have to look at it. */
  signal: AbortSignal;
}

/** Runs `work` on a system of its own, on free ports. Processes and files are gone afterwards, whatever happens. */
export function onOwnSystem<T>(
  options: Omit<SystemOptions, 'dir' | 'ports' | 'signal'>,
  withinMs: number,
  work: (benched: Benched) => Promise<T>,
): Promise<T> {
  return onOwnGround(withinMs, async ({ dir, signal }) => {
    const system = await startSystem({ ...options, dir: join(dir, 'system'), ports: 'free', signal });
    try {
      return await work({ system, signal });
    } finally {
      await system.stop();
    }
  });
}
