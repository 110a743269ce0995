import { type Strike, textIn } from './fault.ts';

/** Kafka goes away, by an orderly end or by kill -9, and comes back with its log. */
export const brokerRestart: Strike = async ({ parts }, { target, parameters }) => {
  const ran = await parts.takeDown(target, { kill: textIn(parameters, 'signal') === 'SIGKILL' });
  return {
    heal: () => parts.bringUp(target),
    felt: () => (ran ? 1 : 0),
  };
};
