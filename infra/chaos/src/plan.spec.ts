import { describe, expect, it } from 'vitest';
import { deck, faultKinds } from './deck.ts';
import { partNames } from './environment.ts';
import { type PlannedFault, planOf } from './plan.ts';

const seeds = [1, 2, 3, 77, 4_294_967_295];
const planFor = (seed: number, minutes: number, replicas = 2) => planOf({ seed, minutes, parts: partNames(replicas) });
const failpointOf = ({ parameters }: PlannedFault) => `${parameters.name} ${String(parameters.action).split(':')[0]}`;

describe('a plan of faults', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planFor(7, 3)).toEqual(planFor(7, 3));
    expect(planFor(7, 3)).not.toEqual(planFor(8, 3));
  });

  it.each(seeds)('deals every card of the deck within one minute (seed %i)', (seed) => {
    const plan = planFor(seed, 1);
    expect(plan.length).toBeGreaterThanOrEqual(deck.length);
    expect(new Set(plan.map(({ fault }) => fault))).toEqual(new Set(faultKinds));
    const failpoints = plan.filter(({ fault }) => fault === 'failpoint').map(failpointOf);
    const all = deck.filter(({ failpoint }) => failpoint).length;
    expect(new Set(failpoints).size).toBe(all);
  });

  it.each(seeds)(
    'begins no fault after its minutes are over, and none before orders are under way (seed %i)',
    (seed) => {
      for (const minutes of [1, 2, 10]) {
        const times = planFor(seed, minutes).map(({ atMs }) => atMs);
        expect(Math.min(...times)).toBeGreaterThanOrEqual(4_000);
        expect(Math.max(...times)).toBeLessThan(minutes * 60_000);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }
    },
  );

  it('goes on for as long as it was asked to', () => {
    const last = planFor(1, 10).at(-1)!;
    expect(last.atMs).toBeGreaterThan(9.5 * 60_000);
  });

  it('has faults that overlap', () => {
    const plan = planFor(1, 10);
    const overlapping = plan.filter((fault, i) => i > 0 && fault.atMs < plan[i - 1]!.atMs + plan[i - 1]!.lastsMs);
    expect(overlapping.length).toBeGreaterThan(10);
  });

  it('meets only parts that there are, and in time every one of them', () => {
    const connections = ['postgres', 'redis', 'kafka', 'provider'];
    const parts = Object.values(partNames(2)).flat();
    const met = new Set(planFor(1, 60).map(({ target }) => target));
    expect(met).toEqual(new Set([...parts, ...connections]));
    expect(planFor(1, 60, 1).filter(({ target }) => target.includes('.'))).toEqual([]);
  });
});
