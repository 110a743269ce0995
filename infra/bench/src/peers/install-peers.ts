import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CommandFailed } from '@ringshop/operator';
import { cacheFolder, withLock } from '@ringshop/servers';

const run = promisify(execFile);

/** The peers' manifest, lockfile and programs. */
export const peersFile = (name: string) => fileURLToPath(new URL(`../../peers/${name}`, import.meta.url));

export interface PeerPackages {
  /** In `infra/bench/peers`: what the manifest is in. */
  manifest: string;
  /** What the folder in the cache begins with. */
  name: string;
  /** For a person. */
  title: string;
}

export const dbosAndRestate: PeerPackages = { manifest: '.', name: 'peers', title: 'DBOS and Restate' };
export const temporalSdk: PeerPackages = { manifest: 'temporal', name: 'temporal', title: "Temporal's SDK" };

/**
 * The packages of peers, installed with npm on first use and kept across checkouts. Nothing of them is in this repository
 * or in its lockfile. They run no install script: the one that a package has would report the installation to somebody.
 * @returns the `node_modules` folder
 */
export async function installPeers(note: (text: string) => void, packages = dbosAndRestate): Promise<string> {
  const folder = await folderOf(packages);
  await withLock(`${folder}.lock`, async () => {
    if (await isThere(folder)) return;
    note(`installing ${packages.title} with npm (about 250 MB, once)`);
    await install(packages, await mkdtemp(join(dirname(folder), 'download-')), folder);
  });
  return join(folder, 'node_modules');
}

/** @returns the same folder, where they have been installed */
export async function installedPeers(packages = dbosAndRestate): Promise<string | undefined> {
  const folder = await folderOf(packages);
  return (await isThere(folder)) ? join(folder, 'node_modules') : undefined;
}

async function folderOf({ manifest, name }: PeerPackages): Promise<string> {
  const pinned = await readFile(peersFile(`${manifest}/package-lock.json`));
  return join(await cacheFolder(), `${name}-${hash('sha256', pinned).slice(0, 12)}`);
}

/** Into a folder of its own that is then renamed into place, so that half an installation is never seen. */
async function install({ manifest, title }: PeerPackages, fresh: string, folder: string): Promise<void> {
  try {
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(peersFile(`${manifest}/${name}`), join(fresh, name));
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: fresh, maxBuffer: 1 << 26 });
    await rename(fresh, folder);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    throw new CommandFailed(`${title} could not be installed with npm: ${firstError(cause)}`);
  }
}

async function isThere(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}

/** npm says first what kind of error it was, and last where its log is. */
function firstError(cause: unknown): string {
  const { stderr = '', message = '' } = cause as { stderr?: string; message?: string };
  const said = stderr.split('\n').flatMap((line) => /^npm error (?!code |errno |syscall )(.+)/.exec(line)?.[1] ?? []);
  return said[0] ?? message.split('\n')[0] ?? 'no word of it';
}
