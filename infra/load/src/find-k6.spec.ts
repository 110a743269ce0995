import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findK6 } from './find-k6.ts';

type Done = (error: Error | null, found?: object) => void;
const { execFile } = vi.hoisted(() => ({ execFile: vi.fn() }));
vi.mock('node:child_process', () => ({ execFile }));

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ringshop-find-k6-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** A machine on which these programs are there, and how k6 is found on it. */
async function found(platform: NodeJS.Platform, ...there: string[]) {
  execFile.mockImplementation((command: string, _: string[], ...rest: unknown[]) => {
    const done = rest.at(-1) as Done;
    done(there.includes(command) ? null : new Error('ENOENT'), { stdout: '', stderr: '' });
  });
  const k6 = await findK6(() => undefined, { platform });
  return k6.command.replace(cache, '');
}

it('takes k6 from the PATH, else from Docker, else builds it', async () => {
  expect(await found('linux', 'k6', 'docker', 'go')).toBe('k6');
  expect(await found('linux', 'docker', 'go')).toBe('docker');
  expect(await found('linux', 'go')).toMatch(/^\/ringshop\/k6-v[\d.]+\/k6$/);
});

it('asks Docker on Linux alone: elsewhere the network of its host is not the network of this machine', async () => {
  expect(await found('darwin', 'docker', 'go')).toMatch(/k6$/);
  await expect(found('darwin', 'docker')).rejects.toThrow(/^k6 is missing: install it .*, or Go$/);
  await expect(found('linux')).rejects.toThrow(/^k6 is missing: install it .*, or Docker, or Go$/);
});
