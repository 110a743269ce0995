import type { Swallowed } from '../proxies/link.ts';
import { type Strike, textIn } from './fault.ts';

/** Bytes vanish and connections hang: requests that never arrive, or answers that are lost after the effect. */
export const swallow: Strike = async ({ proxies }, { target, parameters }) => {
  const link = proxies.to(target);
  const before = link.counts.swallowed;
  link.swallow(textIn(parameters, 'what') as Swallowed);
  return {
    heal: async () => {
      link.swallow('nothing');
      if (textIn(parameters, 'afterwards') === 'reset') link.cut('deaf');
    },
    felt: () => link.counts.swallowed - before,
  };
};
