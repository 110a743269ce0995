import { expect, it } from 'vitest';
import type { Arm, Work } from '../arms/arm.ts';
import { Measure } from '../measure.ts';
import { type Probe, yardstickCell } from './probes.ts';
import { Rounds } from './rounds.ts';

const probe: Probe = { name: 'mill', arm: 'mill', cell: yardstickCell, seconds: 2, guess: 500 };

/** Does nothing, and notes what it was told to do; `tookMs` says how long each of it takes. */
function mill(tookMs: () => number = () => 1) {
  const asked: Work[] = [];
  const arm: Arm = {
    name: 'mill',
    title: 'a mill',
    settings: [],
    pids: async () => ({ client: process.pid }),
    async run(work) {
      asked.push(work);
      await new Promise((resolve) => setTimeout(resolve, tookMs()));
      return { completed: work.orders, latenciesMs: [1], others: {} };
    },
    checkBooks: async () => undefined,
    close: async () => undefined,
  };
  return { asked, rounds: new Rounds(new Measure(new AbortController().signal), [arm], () => undefined) };
}

it('lets an arm settle before each stretch, and counts what it did then in no sample', async () => {
  const { asked, rounds } = mill();
  expect(await rounds.take(probe)).toBe(1_200);
  expect(asked.map(({ orders }) => orders)).toEqual([200, 1_000]);
  expect(rounds.samples.get('mill')!.map(({ orders }) => orders)).toEqual([1_000]);
});

it('lets it settle for longer where it has rested for minutes', async () => {
  expect(await mill().rounds.take({ ...probe, commits: true })).toBe(1_800);
});

it('goes, in an open loop, by what was done in the same round, and tells the median of all', async () => {
  const times = [100, 200, 400];
  const { asked, rounds } = mill(() => times[Math.min(2, Math.floor((asked.length - 1) / 4))]!);
  const open: Probe = { ...probe, name: 'open', open: { share: 0.5, of: 'mill' } };
  const rates: number[] = [];
  for (const round of [0, 1, 2]) {
    await rounds.take({ ...probe, seconds: 0.001 });
    await rounds.take(open);
    const { orders, seconds } = rounds.samples.get('mill')![round]!;
    rates.push(Math.round((0.5 * orders) / seconds));
  }
  const offered = asked.flatMap(({ perSecond }, n) => (perSecond !== undefined && n % 2 === 1 ? [perSecond] : []));
  expect(offered).toEqual(rates);
  expect(rounds.perSecondOf(open)).toBe(rates.toSorted((a, b) => a - b)[1]);
});
