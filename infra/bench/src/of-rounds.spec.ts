import { expect, it } from 'vitest';
import { medianOfRatios, ofRounds, ratio, ratioOfBlocks } from './of-rounds.ts';
import { givenShards } from './scale/given-scale.kit.ts';
import { median } from './statistics.ts';

function rates(...each: number[]) {
  const [round] = givenShards(1).rounds;
  const rounds = each.map((ordersPerSecond) => ({ ...round!, ordersPerSecond }));
  return ofRounds(givenShards(1, { ordersPerSecond: median(each), rounds }), 'ordersPerSecond');
}
const [ours, theirs] = [rates(10, 20, 90), rates(10, 5, 30)];

it('a ratio is one of medians, and has the ratio of each round beside it', () => {
  expect(ratio(ours, theirs)).toEqual({ value: 2, rounds: 3, each: [1, 4, 3] });
});

it('where each round went by its own, it is the median of what each round had', () => {
  expect(medianOfRatios(ours, theirs)).toEqual({ value: 3, rounds: 3, each: [1, 4, 3] });
});

it('of two that did not take turns no round has one', () => {
  expect(ratioOfBlocks(ours, theirs)).toEqual({ value: 2, rounds: 3 });
  expect(ratio(ours, rates(10, 5))).toEqual({ value: 20 / 7.5, rounds: 2 });
});
