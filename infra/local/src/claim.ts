import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clearLeftovers, processIdentity, stillRuns, withLock } from '@ringshop/servers';
import { ledgerOf } from './node-process.ts';
import { Refused } from './options.ts';

/** Who runs the system in a folder, and how to talk to them. */
export interface Runner {
  pid: number;
  identity: string;
  controlUrl: string;
  token: string;
}

const fileIn = (dir: string) => join(dir, 'runner.json');

/** The runner of this folder, if it lives. */
export async function findRunner(dir: string): Promise<Runner | undefined> {
  const text = await readFile(fileIn(dir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const runner = JSON.parse(text) as Runner;
  return (await stillRuns(runner)) ? runner : undefined;
}

/**
 * Makes this process the one runner of a folder, and ends what an earlier runner left behind when it was killed.
 * Returns the names of what it ended.
 * @throws Refused while another runner lives
 */
export async function claim(dir: string, { fresh = false } = {}): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  return withLock(`${dir}.claim`, async () => {
    const other = await findRunner(dir);
    if (other) {
      throw new Refused(
        `ringshop is running already (pid ${other.pid}); see npm run status, or end it with npm run stop`,
      );
    }
    const left = await clearLeftovers(ledgerOf(dir));
    if (fresh) await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await writeRunner(dir, '');
    return left;
  });
}

/** Tells other processes where this runner listens. The token keeps out whoever cannot read our files. */
export async function announce(dir: string, controlUrl: string, token: string): Promise<void> {
  await writeRunner(dir, controlUrl, token);
}

export async function release(dir: string): Promise<void> {
  await rm(fileIn(dir), { force: true });
}

async function writeRunner(dir: string, controlUrl: string, token = ''): Promise<void> {
  const identity = (await processIdentity(process.pid)) ?? '';
  const runner: Runner = { pid: process.pid, identity, controlUrl, token };
  const draft = `${fileIn(dir)}.new`;
  await writeFile(draft, JSON.stringify(runner), { mode: 0o600 });
  await rename(draft, fileIn(dir));
}

export const newToken = () => randomBytes(24).toString('base64url');
