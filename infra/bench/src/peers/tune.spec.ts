import { expect, it } from 'vitest';
import { leastThatIsNearlyBest } from './tune.ts';

it('keeps the least in flight with which a peer does nearly its most: more would only wait', () => {
  const tried = [
    { inFlight: 32, perSecond: 140 },
    { inFlight: 64, perSecond: 192 },
    { inFlight: 128, perSecond: 200 },
    { inFlight: 256, perSecond: 198 },
  ];
  expect(leastThatIsNearlyBest(tried)).toEqual({ inFlight: 64, perSecond: 192 });
});
