import { describe, expect, it } from 'vitest';
import { markdown } from '../markdown.ts';
import { type LockArm, lockGoals } from './locks-result.ts';
import { armsTable } from './locks-text.ts';
import type { Demonstration } from './textbook-mistakes.ts';

const arm = (lock: LockArm['lock'], hotSkus: number, replicas: 1 | 2, more: Partial<LockArm> = {}): LockArm => ({
  name: '',
  lock,
  hotSkus,
  replicas,
  orders: 100,
  reservationsPerSecond: 1000,
  ofEachStretch: [1000],
  cpuMsEach: 0.1,
  parts: {},
  p50Ms: 10,
  p99Ms: 20,
  refused: 0,
  oversold: 0,
  ...more,
});
const demonstration = (id: Demonstration['id'], oversold: number): Demonstration => ({
  id,
  name: id,
  stock: 100,
  sold: 100 + oversold,
  oversold,
  refused: 0,
});
const all = [1, 2].flatMap((replicas) => [1, 1000].map((hot) => arm('redis', hot, replicas as 1 | 2)));
const shown = [
  demonstration('check-then-write', 900),
  demonstration('lock-without-fence', 100),
  demonstration('lock-with-fence', 0),
];
const missed = (arms: LockArm[], demonstrations = shown) =>
  lockGoals(arms, demonstrations)
    .filter(({ met }) => !met)
    .map(({ id }) => id);

describe('the goals of the lock bench', () => {
  it('are met when nothing is oversold, a hot SKU keeps up, and the mistakes are seen to be mistakes', () => {
    expect(missed(all)).toEqual([]);
  });

  it('are missed by a single unit that is oversold, whatever guarded it', () => {
    expect(missed([...all, arm('none', 10, 2, { oversold: 1 })])).toEqual(['oversold']);
  });

  it('are missed when one hot SKU is too slow', () => {
    const slow = all.map((it) => (it.hotSkus === 1 && it.replicas === 2 ? { ...it, reservationsPerSecond: 699 } : it));
    expect(missed(slow)).toEqual(['hot-2']);
  });

  it('are missed when a mistake did no harm', () => {
    expect(missed(all, [demonstration('check-then-write', 0), ...shown.slice(1)])).toEqual(['check-then-write']);
  });
});

describe('a table of the lock bench', () => {
  it('is Markdown with its numbers in line, one replica before two', () => {
    const lines = markdown(armsTable([arm('none', 10, 2), arm('redis', 1, 1)])).split('\n');
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^\| redis .* 1000 \| .* 0 \|$/);
  });

  it('shows how far the two stretches of a cell lie apart, the lower one first', () => {
    const table = armsTable([arm('redis', 1, 1, { ofEachStretch: [1_100, 900] })]);
    expect(table.rows[0]![table.head.indexOf('stretches')]).toBe('900–1100');
  });
});
