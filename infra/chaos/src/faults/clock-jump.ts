import { numberIn, type Strike } from './fault.ts';

/** The wall clock of one service jumps, and later jumps back. The line that its process writes is the proof. */
export const clockJump: Strike = async ({ parts, pause }, { target, parameters }) => {
  const offsetMs = numberIn(parameters, 'minutes') * 60_000;
  const log = await parts.logFrom(target);
  await parts.setClock(target, offsetMs);
  return {
    heal: async () => {
      await parts.setClock(target, 0);
      await pause(200); // one look of the process at its clock
    },
    felt: async () => ((await log()).includes(`clock jumped: ${offsetMs} ms`) ? 1 : 0),
  };
};
