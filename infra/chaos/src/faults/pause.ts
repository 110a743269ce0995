import type { Strike } from './fault.ts';

/** SIGSTOP and SIGCONT: a frozen machine, or a very long garbage collection. PostgreSQL's sessions are frozen with it. */
export const pause: Strike = async ({ parts }, { target }) => {
  const paused = await parts.signal(target, 'SIGSTOP');
  return {
    heal: async () => void (await parts.signal(target, 'SIGCONT')),
    felt: () => (paused ? 1 : 0),
  };
};
