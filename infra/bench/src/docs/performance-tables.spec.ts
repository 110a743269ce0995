import { expect, it } from 'vitest';
import type { ArmResult } from '../arm-result.ts';
import { givenShards } from '../scale/given-scale.kit.ts';
import type { Performance } from './performance.ts';
import { armsTable, cellsTable, goalsTable, runText } from './performance-tables.ts';

const cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 256 };
const given = (name: string, more: Partial<ArmResult> = {}): ArmResult => ({
  ...givenShards(1),
  name,
  arm: name,
  ...more,
});
const machine = { cores: 2, cpu: 'made up', memoryGb: 8, system: 'linux x64', node: 'v24' };
const about = { machine, command: 'npm run bench', at: '2026-01-01T00:00:00.000Z', durationS: 900 };
const performanceOf = (arms: ArmResult[]) => ({ arms }) as Performance;

/** The cells of a column, top down. */
function column(table: string, name: string): string[] {
  const [head, , ...rows] = table.split('\n').map((line) => line.split('|').map((each) => each.trim()));
  return rows.map((row) => row[head!.indexOf(name)]!);
}

it('each arm stands with the orders that it had in flight, which an open loop does not limit', () => {
  const few = given('a1', { cell: { ...cell, inFlight: 32 } });
  expect(column(armsTable(performanceOf([few, given('ringshop')])), 'in flight')).toEqual(['32', '256']);
  const open = given('ringshop (100 orders/s)', { arm: 'ringshop', cell: { ...cell, perSecond: 100 } });
  const alone = given('ringshop (one at a time)', { arm: 'ringshop', cell: { ...cell, inFlight: 1 } });
  expect(column(cellsTable(performanceOf([few, open, alone])), 'in flight')).toEqual(['–', '1']);
});

it('what was refused is a share of all attempts, in both tables', () => {
  const half = { orders: 500, refused: 500 };
  const arms = [given('a1'), given('textbook', half), given('ringshop (1 hot SKU)', { ...half, arm: 'ringshop' })];
  expect(column(armsTable(performanceOf(arms)), '% refused')).toEqual(['0.0', '50.0']);
  expect(column(cellsTable(performanceOf(arms)), '% refused')).toEqual(['50.0']);
});

it('a run says how many rounds there were: as many as the cell with the fewest has', () => {
  const [round] = givenShards(1).rounds;
  const rounds = (count: number) => given('a1', { rounds: Array(count).fill(round) });
  expect(runText({ ...about, arms: [rounds(7), rounds(6)] })).toContain(
    '2026-01-01, 6 rounds in 15 minutes on 2 cores',
  );
  expect(runText({ ...about, durationS: 70 })).toContain('2026-01-01, 1 minute on 2 cores');
});

it('a run says whose code it was, where that was noted', () => {
  expect(runText({ ...about, commit: 'abc1234-dirty' })).toMatch(
    /^`npm run bench`, commit `abc1234-dirty`, 2026-01-01, /,
  );
  expect(runText(about)).toMatch(/^`npm run bench`, 2026-01-01, /);
});

it('a goal stands with its lowest and its highest round, and with a dash in a file that does not tell them', () => {
  const goal = { id: 'P1', goal: 'CPU ≤ 2', measured: 1.9, met: true };
  const table = goalsTable({ goals: [goal, { ...goal, rounds: 3, range: [1.7, 2.1] }] } as Performance);
  expect(column(table, 'rounds')).toEqual(['–', '1.7–2.1']);
  expect(column(table, 'goal')).toEqual(['P1: CPU ≤ 2', 'P1: CPU ≤ 2 (from 3 rounds)']);
});
