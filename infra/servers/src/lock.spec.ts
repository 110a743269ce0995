import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('lets one work at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(join(dir, 'lock'), work)));
  expect(most).toBe(1);
});

it('takes over from a holder that has died', async () => {
  const { pid } = spawnSync('true');
  await writeFile(join(dir, 'lock'), String(pid));
  expect(await withLock(join(dir, 'lock'), async () => 'mine')).toBe('mine');
});

it('is free again after work that failed', async () => {
  await expect(withLock(join(dir, 'lock'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(join(dir, 'lock'), async () => 'mine')).toBe('mine');
});
