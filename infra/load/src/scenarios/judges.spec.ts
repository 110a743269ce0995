import { describe, expect, it, vi } from 'vitest';
import { givenTallies } from '../given-tallies.kit.ts';
import type { Sizes } from '../growth.ts';
import { rememberPeak } from '../peak.ts';
import type { Context, Goal } from '../scenario.ts';
import { judgeSale } from './flash-sale.ts';
import { isPastThePeak, peakOf, ramp } from './ramp.ts';
import { inTurn, judgeRestarts, rollingRestart } from './rolling-restart.ts';
import { judgeShardDown } from './shard-down.ts';
import { judgeSoak } from './soak.ts';

vi.mock('../peak.ts', () => ({ rememberPeak: vi.fn() }));

const missed = (goals: Goal[]) => goals.flatMap(({ met }, n) => (met ? [] : [n]));

describe('a flash sale', () => {
  const buyers = (confirmed: number, outcomes: Record<string, number> = {}) =>
    givenTallies({ sale: { outcomes: { confirmed, 'rejected:out-of-stock': 2500, ...outcomes } } });

  it('is good when what was there was sold, and everybody else was told so', () => {
    expect(missed(judgeSale(buyers(500), { sold: 500, left: 0 }))).toEqual([]);
  });

  it.each([
    ['one unit too many was sold', judgeSale(buyers(501), { sold: 501, left: 0 }), [0, 1]],
    ['a unit was left', judgeSale(buyers(499), { sold: 499, left: 1 }), [0, 1, 2]],
    ['a buyer heard something that the database denies', judgeSale(buyers(500), { sold: 499, left: 0 }), [1]],
    ['a buyer gave up', judgeSale(buyers(500, { refused: 20, 'failed:gave-up': 1 }), { sold: 500, left: 0 }), [4]],
    ['nobody came', judgeSale(givenTallies({}), { sold: 0, left: 500 }), [0, 1, 2, 3]],
  ])('is not when %s', (_, goals, numbers) => {
    expect(missed(goals)).toEqual(numbers);
  });
});

describe('a ramp', () => {
  const step = (asked: number, ended: number) => ({
    outcomes: { confirmed: 10 * ended, refused: 10 * (asked - ended) },
  });
  const climbed = { 'warm-up': step(900, 900), 'at-100': step(100, 100), 'at-125': step(125, 125) };

  it('finds what was completed, not what was asked, and does not count the warm-up', () => {
    expect(peakOf(givenTallies({ ...climbed, 'at-156': step(156, 140) }), false)).toBeCloseTo(140);
  });

  it('does not take what ended in the first moment of the step that it cut off for a rate, nor remembers what is not green', async () => {
    const tallies = givenTallies({
      ...{ ...climbed, 'at-156': step(156, 130), 'at-195': step(195, 130) },
      'at-244': { seconds: 0.001, outcomes: { confirmed: 2 } },
    });
    const plan = await ramp.prepare!({ tallies } as Context);
    expect(plan.isEnough!()).toBe(true);
    expect(await plan.judge!()).toMatchObject([{ measured: '130', met: true }]);
    expect(rememberPeak).not.toHaveBeenCalled();
    await plan.whenGreen!();
    expect(rememberPeak).toHaveBeenCalledExactlyOnceWith(130);
  });

  it('counts a last step that came to its end', () => {
    const whole = { 'at-100': step(100, 100), 'at-125': step(125, 125) };
    expect(peakOf(givenTallies(whole), false)).toBeCloseTo(125);
  });

  it('is enough after two whole steps in which a tenth was not completed', () => {
    const one = { ...climbed, 'at-156': step(156, 130) };
    expect(isPastThePeak(givenTallies({ ...one, 'at-195': step(195, 130) }))).toBe(false);
    expect(isPastThePeak(givenTallies({ ...one, 'at-195': step(195, 130), 'at-244': step(244, 1) }))).toBe(true);
    expect(isPastThePeak(givenTallies({ ...climbed, 'at-156': step(156, 1) }))).toBe(false);
  });
});

describe('a shard that is away', () => {
  const run = (down = {}, sick = {}, after = {}, before = {}) =>
    givenTallies({
      'healthy-before': { outcomes: { confirmed: 500 }, ms: 100 },
      'healthy-after': { outcomes: { confirmed: 500 } },
      'sick-before': { outcomes: { confirmed: 500, unended: 1 }, ...before },
      'healthy-down': { outcomes: { confirmed: 500 }, ms: 110, ...down },
      'sick-down': { outcomes: { refused: 500, 'failed:504': 2, unended: 20 }, refusalMs: 5, ...sick },
      'sick-after': { outcomes: { refused: 5, confirmed: 500, unended: 1 }, lastRefusalS: 3, ...after },
    });

  it('is well borne when nobody else notices and its own are told at once', () => {
    expect(missed(judgeShardDown(run()))).toEqual([]);
  });

  it.each([
    ['the others wait longer', run({ ms: 130 }), [0]],
    ['one of the others is refused', run({ outcomes: { confirmed: 500, refused: 1 } }), [1]],
    ['its own are served by somebody else', run({}, { outcomes: { confirmed: 500 } }), [2]],
    ['its own are failed', run({}, { outcomes: { refused: 500, 'failed:504': 20 } }), [3]],
    ['its own wait for a refusal', run({}, { refusalMs: 120 }), [4, 5]],
    ['it does not come back', run({}, {}, { lastRefusalS: 10 }), [6]],
    [
      'it comes back and ends nothing',
      run({}, {}, { outcomes: { confirmed: 500, unended: 2 }, lastRefusalS: 10 }),
      [6],
    ],
    ['one of the others is failed', run({ outcomes: { confirmed: 500, 'failed:500': 1 } }), [1, 7]],
    ['its own were failed before', run({}, {}, {}, { outcomes: { confirmed: 500, 'failed:500': 1 } }), [7]],
    ['its own are failed afterwards', run({}, {}, { outcomes: { confirmed: 500, 'failed:500': 1 } }), [7]],
    ["the others' orders do not end", run({ outcomes: { confirmed: 500, unended: 3 } }), [8]],
    ['its own did not end before either', run({}, {}, {}, { outcomes: { confirmed: 500, unended: 3 } }), [8]],
  ])('is not when %s', (_, tallies, numbers) => {
    expect(missed(judgeShardDown(tallies))).toEqual(numbers);
  });
});

describe('rolling restarts', () => {
  it('are of what has a second replica', () => {
    const parts = (names: string[]) => names.map((name) => ({ name, kind: 'order' as const }));
    expect(inTurn(parts(['order-1', 'order-1.2', 'payment-1']))).toEqual(['order-1', 'order-1.2']);
    expect(() => inTurn(parts(['order-1', 'payment-1']))).toThrow('npm start -- --replicas 2');
    expect(() => inTurn([])).toThrow('npm start');
  });

  it('are told of what was restarted, and of nothing else', () => {
    const [restarted] = judgeRestarts(givenTallies({}), [], ['order-1', 'order-1.2']);
    expect(restarted!.goal).toBe('replicas restarted under load, all 2 (order-1, order-1.2)');
    expect(rollingRestart.shows).toContain('what has more than one replica');
  });

  it.each([
    ['one customer was refused', { confirmed: 9, refused: 1 }, ['a', 'b'], [1]],
    ['one customer got no answer', { confirmed: 9, 'failed:0': 1 }, ['a', 'b'], [1]],
    ['a replica was not restarted', { confirmed: 9 }, ['a'], [0]],
    ['nothing is missing', { confirmed: 9 }, ['a', 'b'], []],
  ])('are judged: %s', (_, outcomes, restarted, numbers) => {
    expect(missed(judgeRestarts(givenTallies({ restarts: { outcomes } }), restarted, ['a', 'b']))).toEqual(numbers);
  });
});

describe('a soak', () => {
  /** An hour of looks; each figure goes up and down a lot, as heaps do, and by `growth` over all of it. */
  const looks = (
    growth: Partial<Record<'heap' | 'rss' | 'handles' | 'outbox' | 'idempotency_keys', number>>,
  ): Sizes[] =>
    Array.from({ length: 120 }, (_, n) => {
      const at = (figure: keyof typeof growth, least: number) =>
        least + (n % 5) * 10 + ((growth[figure] ?? 0) * n) / 120;
      return {
        atS: n * 30,
        figures: {
          heap: { 'order-1': at('heap', 40), 'order-2': 40 },
          rss: { 'order-1': at('rss', 120) },
          handles: { 'order-1': at('handles', 20) },
          rows: { 'order-1 outbox': at('outbox', 0), 'order-1 idempotency_keys': at('idempotency_keys', 500) },
        },
      };
    });

  it('is good when everything goes up and down and stays where it was', () => {
    expect(missed(judgeSoak(looks({}), true))).toEqual([]);
  });

  it.each([
    ['a heap', { heap: 40 }, 0],
    ['the memory', { rss: 80 }, 1],
    ['handles', { handles: 100 }, 2],
    ['an outbox', { outbox: 2000 }, 3],
    ['keys that are purged', { idempotency_keys: 2000 }, 3],
  ])('tells when %s grows', (_, growth, number) => {
    expect(missed(judgeSoak(looks(growth), true))).toEqual([number]);
  });

  it('does not hold keys that are kept longer than it lasts for a leak, and what it could not measure for flat', () => {
    expect(missed(judgeSoak(looks({ idempotency_keys: 2000 }), false))).toEqual([]);
    expect(missed(judgeSoak([], true))).toEqual([0, 1, 2, 3]);
    const blind = looks({}).map((look) => ({ ...look, figures: { ...look.figures, heap: { 'order-1': Number.NaN } } }));
    expect(missed(judgeSoak(blind, true))).toEqual([0]);
  });
});
