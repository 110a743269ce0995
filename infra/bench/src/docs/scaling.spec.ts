import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { givenPerformance, givenShards } from '../scale/given-scale.kit.ts';
import { placed, readKept } from './save.ts';
import { scalingParts } from './scaling-parts.ts';
import { scalingPage } from './write-docs.ts';

it('docs/scaling.md says what docs/performance.json says, and what has not been measured: else run `npm run bench -- docs`', async () => {
  const [path, text] = await scalingPage(await readKept());
  expect(await readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8')).toBe(text);
});

describe('what docs/scaling.md says', () => {
  it('follows the numbers: another run is another table, and another answer', () => {
    const said = scalingParts(givenPerformance());
    const dearer = scalingParts(
      givenPerformance([1, 2, 4].map((shards) => givenShards(shards, { messageBytesPerOrder: 9_000 }))),
    );
    expect(said.scale).not.toBe(dearer.scale);
    expect(said.limits).not.toBe(dearer.limits);
    expect(said.first).toContain('**order (1,500 orders/s)** is full first');
    expect(said.first).toContain('inventory database (40,000 orders/s) is');
    expect(said.rates).toContain('**no: 40,000/s at most**');
  });

  it('is that nothing was measured, as long as nothing was', () => {
    const parts = Object.values(scalingParts({}));
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) expect(part).toMatch(/^\*Not measured yet: `npm run bench -- (scale|idle) --save`\.\*$/);
  });
});

describe('docs/performance.json', () => {
  it('keeps scale and idle beside the yardstick, whichever is measured again', () => {
    const first = placed({}, 'scale', { arms: ['old'] });
    const both = placed(first, 'yardstick', { arms: ['a1'], goals: [] });
    expect(both).toEqual({ arms: ['a1'], goals: [], scale: { arms: ['old'] } });
    expect(placed(both, 'scale', { arms: ['new'] })).toEqual({ arms: ['a1'], goals: [], scale: { arms: ['new'] } });
  });
});
