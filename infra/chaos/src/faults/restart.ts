import type { Strike } from './fault.ts';

/** An orderly end (SIGTERM), and up again: what every deployment does. */
export const restart: Strike = async ({ parts }, { target }) => {
  const ran = await parts.takeDown(target, { kill: false });
  return {
    heal: () => parts.bringUp(target),
    felt: () => (ran ? 1 : 0),
  };
};
