import { numberIn, type Strike } from './fault.ts';

/** Every request to the payment provider arrives twice, the second time at once or long after the first was answered. */
export const duplicate: Strike = async ({ proxies }, { parameters }) => {
  const provider = proxies.provider!;
  const before = provider.counts.duplicated;
  provider.duplicate(numberIn(parameters, 'laterMs'));
  return {
    heal: async () => provider.duplicate(undefined),
    felt: () => provider.counts.duplicated - before,
  };
};
