import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findTemporal } from './temporal.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-temporal-'));
  vi.stubEnv('PATH', dir);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

it('is found by its command on the PATH, and called by the version of its server', async () => {
  const says = 'temporal version 1.3.0 (Server 1.27.1, UI 2.36.0)';
  await writeFile(join(dir, 'temporal'), `#!/bin/sh\necho "${says}"\n`);
  await chmod(join(dir, 'temporal'), 0o755);
  expect(await findTemporal()).toBe('1.27.1');
});

it('is left out where there is no such command, or one that does not run', async () => {
  expect(await findTemporal()).toBeUndefined();
  await writeFile(join(dir, 'temporal'), '#!/bin/sh\nexit 1\n');
  await chmod(join(dir, 'temporal'), 0o755);
  expect(await findTemporal()).toBeUndefined();
});
