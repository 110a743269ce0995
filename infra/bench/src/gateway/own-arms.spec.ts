import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarks } from '../benchmarks.ts';
import { profileOptions } from './own-arms.ts';

test('a profile goes into the folder that was named, whatever is in its name', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'ringshop-profile-'));
  const folder = join(parent, 'my "own" \\ folder');
  try {
    execFileSync(process.execPath, ['-e', ''], { env: { NODE_OPTIONS: profileOptions(folder) } });
    expect(await readdir(parent)).toEqual(['my "own" \\ folder']);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/\.cpuprofile$/)]);
  } finally {
    await rm(parent, { recursive: true });
  }
});

test('no folder is none to write a profile into', async () => {
  await expect(benchmarks.gateway!.measure({ profile: '' }, () => undefined)).rejects.toThrow(
    '--profile takes the folder',
  );
});
