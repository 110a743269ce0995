import { numberIn, type Strike } from './fault.ts';

/** Every open connection to a server is reset (RST), some times in a row. */
export const cut: Strike = async ({ proxies, pause }, { target, parameters }) => {
  const link = proxies.to(target);
  const before = link.counts.cut;
  for (let time = 0; time < numberIn(parameters, 'times'); time++) {
    if (time > 0) await pause(300);
    link.cut();
  }
  return { heal: async () => undefined, felt: () => link.counts.cut - before };
};
