import { numberIn, type Strike } from './fault.ts';

/** Everything on the way to a server, and back, takes longer. */
export const delay: Strike = async ({ proxies }, { target, parameters }) => {
  const link = proxies.to(target);
  const before = link.counts.delayed;
  link.delay(numberIn(parameters, 'ms'));
  return {
    heal: async () => link.delay(0),
    felt: () => link.counts.delayed - before,
  };
};
