import { copyFile, mkdir, readdir, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { type Child, freePort, startReady } from '@ringshop/servers';
import type { Bench } from '../arms/arm.ts';
import { peersFile } from './install-peers.ts';

/** A peer's own process, which listens on `port`. */
export interface PeerProgram extends Child {
  readonly port: number;
}

export interface ProgramOptions {
  /** The process, and its log. */
  name: string;
  /** One of `infra/bench/peers`. */
  file: string;
  modules: string;
  env: Record<string, string | number>;
}

/** Starts one of the peers' programs with the heap that our services have, and waits until it listens. */
export async function startProgram({ dir, signal }: Bench, options: ProgramOptions): Promise<PeerProgram> {
  const { name, file, modules, env } = options;
  const port = await freePort();
  const settings = Object.entries({ ...env, PORT: port }).map(([key, value]) => [key, String(value)]);
  const child = await startReady({
    name,
    command: process.execPath,
    args: ['--max-semi-space-size=32', join(await programs(dir, modules), file)],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...Object.fromEntries(settings) },
    logFile: join(dir, 'logs', `${name.replaceAll(' ', '-')}.log`),
    isReady: () => listens(port),
    readyWithin: 60_000,
    signal,
  });
  return Object.assign(child, { port });
}

/** The programs in a folder where they find their packages beside them. */
async function programs(dir: string, modules: string): Promise<string> {
  const folder = join(dir, basename(dirname(modules)));
  await mkdir(folder, { recursive: true });
  await symlink(modules, join(folder, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const files = (await readdir(peersFile('.'))).filter((name) => name.endsWith('.mjs'));
  await Promise.all(files.map((name) => copyFile(peersFile(name), join(folder, name))));
  return folder;
}

/** Whether somebody takes connections on this port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
