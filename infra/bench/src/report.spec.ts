import { expect, it } from 'vitest';
import type { ArmResult } from './arm-result.ts';
import { atMost } from './goal.ts';
import { report } from './report.ts';
import { givenShards } from './scale/given-scale.kit.ts';

const [round] = givenShards(1).rounds;
const given = (name: string, more: Partial<ArmResult> = {}): ArmResult => ({
  ...givenShards(1),
  name,
  arm: name.split(' ')[0]!,
  settings: [`${name} is set up like this`],
  walBytesPerOrder: 4_321,
  commitsPerOrder: 0.17,
  refused: 2_500,
  rounds: [800, 900, 1_200].map((ordersPerSecond) => ({ ...round!, ordersPerSecond })),
  ...more,
});
const goals = [atMost('P1', 'CPU', 2, 1)];

it('shows each arm with its spread, its commits, WAL and refusals, and how it was set up', () => {
  const text = report({ arms: [given('a1'), given('ringshop')], goals });
  const row = text.split('\n').find((line) => line.startsWith('| `ringshop`'));
  for (const shown of ['800–1,200', '0.17', '4.3', '20.0', '1.00 ×']) expect(row).toContain(shown);
  expect(text).toContain('* `ringshop`: made up\n  * ringshop is set up like this');
  expect(text).toContain('✓ CPU ≤ 2');
  expect(text).not.toContain('arm and cell');
});

it('shows cells where there are any, and compares with a1 where that took part', () => {
  const text = report({ arms: [given('ringshop'), given('dbos'), given('ringshop (1 hot SKU)')], goals: [] });
  expect(text).toMatch(/^\| ringshop \(1 hot SKU\) .* 800–1,200 /m);
  expect(text).not.toContain('against a1');
});
