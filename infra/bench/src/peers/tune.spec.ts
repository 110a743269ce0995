import { expect, it } from 'vitest';
import type { Arm, Work } from '../arms/arm.ts';
import type { Measure } from '../measure.ts';
import { leastThatIsNearlyBest, tune } from './tune.ts';

it('keeps the least in flight with which a peer does nearly its most: more would only wait', () => {
  const tried = [
    { inFlight: 32, perSecond: 140 },
    { inFlight: 64, perSecond: 192 },
    { inFlight: 128, perSecond: 200 },
    { inFlight: 256, perSecond: 198 },
  ];
  expect(leastThatIsNearlyBest(tried)).toEqual({ inFlight: 64, perSecond: 192 });
});

/** Tunes a peer that does so many orders a second with so many in flight, and tells what was tried after the warm-up. */
async function tuned(perSecond: Record<number, number>) {
  const asked: number[] = [];
  const measure = {
    stretch: async (_: Arm, { inFlight, orders }: Work) => {
      asked.push(inFlight);
      return { orders, seconds: orders / (perSecond[inFlight] ?? 1_000) };
    },
  } as unknown as Measure;
  const { inFlight } = await tune(measure, { name: 'peer' } as Arm, () => undefined);
  return { inFlight, tried: asked.slice(asked.indexOf(8)) };
}

it('begins with few in flight, since a peer may do its best with 8 or 16', async () => {
  expect(await tuned({ 8: 150, 16: 155, 32: 156, 64: 150 })).toEqual({ inFlight: 8, tried: [8, 16, 32] });
});

it('goes on as long as more of them are a gain, and past one step that is none', async () => {
  const growing = { 8: 100, 16: 200, 32: 300, 64: 400, 128: 500, 256: 600 };
  expect(await tuned(growing)).toEqual({ inFlight: 256, tried: [8, 16, 32, 64, 128, 256] });
  const stumbling = { 8: 100, 16: 200, 32: 190, 64: 300, 128: 301, 256: 900 };
  expect(await tuned(stumbling)).toEqual({ inFlight: 256, tried: [8, 16, 32, 64, 128, 256] });
  expect(await tuned({ ...stumbling, 128: 290, 256: 310 })).toEqual({ inFlight: 64, tried: [8, 16, 32, 64, 128, 256] });
});
