import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installedPeers, installPeers, temporalSdk } from './install-peers.ts';
import { installedPeerStarts } from './peer-probes.ts';
import { findBinary } from './restate.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-peers-'));
  vi.stubEnv('XDG_CACHE_HOME', join(dir, 'cache'));
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

/** Stands in for npm: writes down how it was called, and does this. */
async function npm(does: string): Promise<void> {
  await writeFile(join(dir, 'npm'), `#!/bin/sh\necho "$@" >> "${dir}/calls"\n${does}\n`);
  await chmod(join(dir, 'npm'), 0o755);
}

const calls = async () => (await readFile(join(dir, 'calls'), 'utf8')).trim().split('\n');
const quietly = () => undefined;

it('installs once for all who ask, from the lockfile, and runs no install script', async () => {
  await npm('test -e package-lock.json && mkdir node_modules');
  const folders = await Promise.all([installPeers(quietly), installPeers(quietly)]);
  expect(await installPeers(quietly)).toBe(folders[0]);
  expect(await readdir(join(folders[0], '..'))).toEqual(['node_modules', 'package-lock.json', 'package.json']);
  expect(await calls()).toEqual(['ci --ignore-scripts --no-audit --no-fund']);
});

it('says in one line what npm could not do, leaves nothing behind, and installs anew the next time', async () => {
  await npm(
    'echo "npm error code ENOTFOUND\nnpm error network request to the registry failed\nnpm error A log" >&2; exit 1',
  );
  await expect(installPeers(quietly)).rejects.toThrow(
    /^DBOS and Restate could not be installed with npm: network request to the registry failed$/,
  );
  expect(await readdir(join(dir, 'cache', 'ringshop'))).toEqual([]);
  await npm('mkdir node_modules');
  await installPeers(quietly);
});

it("installs Temporal's SDK apart, and where only that is installed nobody takes part in the run of every arm", async () => {
  await npm('mkdir node_modules');
  await installPeers(quietly, temporalSdk);
  expect(await installedPeers()).toBeUndefined();
  expect(await installedPeerStarts()).toEqual([]);
});

it('says in one line where Restate has no server', async () => {
  await expect(findBinary(dir, 'sunos-x64')).rejects.toThrow(/^Restate has no server for sunos-x64: /);
});
