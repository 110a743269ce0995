import type { Strike } from './fault.ts';

/** kill -9, and up again. */
export const kill: Strike = async ({ parts }, { target }) => {
  const ran = await parts.takeDown(target, { kill: true });
  return {
    heal: () => parts.bringUp(target),
    felt: () => (ran ? 1 : 0),
  };
};
