import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { givenPerformance, givenShards } from '../scale/given-scale.kit.ts';
import { keptIn } from './performance-schema.ts';

const { scale } = givenPerformance();
const { arms: _arms, ...about } = scale!;
const yardstick = { ...about, arms: [{ ...givenShards(1), name: 'a1' }] };
const idle = { ...about, parts: [{ name: 'kafka', cpuPercent: 1, rssMb: 1, pssMb: 1 }], seconds: 30 };
const withArm = (more: object) => ({ scale: { ...scale, arms: [{ ...scale!.arms[0], ...more }] } });

describe('docs/performance.json', () => {
  it('is what is checked in, and everything that a benchmark may save into none', async () => {
    const written = await readFile(new URL('../../../../docs/performance.json', import.meta.url), 'utf8');
    expect(keptIn(written)).toEqual(JSON.parse(written));
    for (const kept of [yardstick, { scale }, { idle }, { ...yardstick, scale, idle }])
      expect(keptIn(JSON.stringify(kept))).toEqual(kept);
  });

  it.each<[string, string, unknown]>([
    ['an empty file', 'no JSON', ''],
    ['half a file', 'no JSON', '{ "arms": ['],
    ['a merge that nobody ended', 'no JSON', '<<<<<<< HEAD\n{}\n=======\n{ "arms": [] }\n>>>>>>> other\n'],
    ['null', 'all of it', null],
    ['a list', 'all of it', []],
    ['nothing', 'machine', {}],
    ['a string', 'all of it', 'arms'],
    ['something else', 'machine', { name: 'bench' }],
    ['a yardstick without arms', 'arms', { ...yardstick, arms: undefined }],
    ['a yardstick of no arms', 'arms: no arm a1', { ...yardstick, arms: [] }],
    ['a yardstick without a machine', 'machine', { ...yardstick, machine: undefined }],
    ['an arm that is null', 'arms.1', { ...yardstick, arms: [yardstick.arms[0], null] }],
    [
      'an arm without rounds',
      'arms.0.rounds: no rounds',
      { ...yardstick, arms: [{ ...yardstick.arms[0], rounds: [] }] },
    ],
    ['a rate that is NaN', 'arms.0.p99Ms', { ...yardstick, arms: [{ ...yardstick.arms[0], p99Ms: Number.NaN }] }],
    ['a goal without a word', 'goals.0.goal', { ...yardstick, goals: [{ id: 'P1', measured: 1, met: true }] }],
    ['scale with arms by name', 'scale.arms', { scale: { ...scale, arms: {} } }],
    ['scale of which little is left', 'scale', { scale: { arms: {} } }],
    ['scale of no arms', 'scale.arms: no arms', { scale: { ...scale, arms: [] } }],
    ['scale without its databases', 'scale.arms.0.databases', withArm({ databases: undefined })],
    ['scale without its parts', 'scale.arms.0.parts', withArm({ parts: undefined })],
    ['scale of no time', 'scale.at', { scale: { ...scale, at: 'yesterday' } }],
    ['idle without parts', 'idle.parts', { idle: { ...idle, parts: undefined } }],
    [
      'idle with windows of one part',
      'idle.parts: parts of unlike',
      { idle: { ...idle, parts: [...idle.parts, { ...idle.parts[0], windows: [1] }] } },
    ],
    ['idle of null beside a yardstick', 'idle', { ...yardstick, idle: null }],
  ])('is not %s, and one line names the place and says what to do', (_, place, content) => {
    const text = typeof content === 'string' && place === 'no JSON' ? content : JSON.stringify(content);
    const line = `^docs/performance.json is not what a benchmark wrote .${place}.*: git restore .*measure again with --save$`;
    expect(() => keptIn(text)).toThrow(new RegExp(line));
  });
});
