import { expect, it, vi } from 'vitest';
import { type GivenStage, givenTallies } from '../given-tallies.kit.ts';
import type { Context } from '../scenario.ts';
import { judgeOverload, overload } from './overload.ts';

const seconds = { 'warm-up': 10, calm: 20, x1: 20, x2: 15, x5: 15, x10: 30, recovery: 30, after: 10 };

interface Run {
  perSecond: number;
  ms: number;
  refusalMs: number;
  refused: number;
  lastRefusalS: number;
}

const good: Run = { perSecond: 20, ms: 100, refusalMs: 5, refused: 0, lastRefusalS: 1 };

/** A run that is the same at every load but for some stages. */
function runOf(stages: Partial<Record<keyof typeof seconds, Partial<Run>>>) {
  const entries = Object.entries(seconds).map(([stage, length]): [string, GivenStage] => {
    const { perSecond, refused, ...times } = { ...good, ...stages[stage as keyof typeof seconds] };
    return [stage, { seconds: length, outcomes: { refused, confirmed: perSecond * length }, ...times }];
  });
  return givenTallies(Object.fromEntries(entries));
}

const metOf = (run: ReturnType<typeof runOf>) => judgeOverload(run).map(({ met }) => met);
const crowded = { perSecond: 17, ms: 390, refused: 100, refusalMs: 45, lastRefusalS: 30 };

it('holds a good run for good', () => {
  const run = runOf({ x10: crowded, recovery: { refused: 10, lastRefusalS: 25 } });
  expect(metOf(run)).toEqual(Array(6).fill(true));
});

it.each([
  ['the provider was not held up', { x2: { perSecond: 121 }, x10: { ...crowded, perSecond: 110 } }, 0],
  ['too little is completed at ten times the load', { x10: { ...crowded, perSecond: 15 } }, 1],
  ['those let in wait too long', { x10: { ...crowded, ms: 430 } }, 2],
  ['nobody was refused at ten times the load', { x10: { ...crowded, refused: 0 } }, 3],
  ['refusals take long', { x10: { ...crowded, refusalMs: 55 } }, 4],
  ['it goes on refusing', { x10: crowded, recovery: { refused: 10, lastRefusalS: 30 } }, 5],
  ['it refuses again after a while', { x10: crowded, after: { refused: 1 } }, 5],
  ['nobody came after the load fell', { x10: crowded, after: { perSecond: 0 } }, 5],
])('tells when %s', (_, stages, goal) => {
  expect(metOf(runOf(stages))).toEqual([0, 1, 2, 3, 4, 5].map((n) => n !== goal));
});

it('an overload in which nobody is let in is not a short one', () => {
  const run = runOf({ x10: { ...crowded, perSecond: 0 } });
  expect(metOf(run)).toEqual([true, false, false, true, true, true]);
});

it('does not begin where the provider does not take it', async () => {
  vi.stubGlobal('fetch', async () => new Response('', { status: 404 }));
  const context = { system: { simulators: 'http://s' }, atEnd: () => undefined } as unknown as Context;
  await expect(overload.prepare!(context)).rejects.toThrow('PUT /faults answered 404');
  vi.unstubAllGlobals();
});

it('fails a run that k6 has told nothing of', () => {
  expect(metOf(givenTallies({}))).toContain(false);
});
