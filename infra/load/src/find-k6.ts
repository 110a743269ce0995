import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The one in docker-compose.yml, too. */
const version = '1.8.1';
const image = `grafana/k6:${version}`;

/** How to call k6 here: command and the arguments in front of k6's own. */
export interface K6 {
  command: string;
  /** `folder` is where the script and the output live: a container has to be given it. */
  before: (folder: string) => string[];
}

const binary = (command: string): K6 => ({ command, before: () => [] });
const container: K6 = {
  command: 'docker',
  before: (folder) => [
    'run',
    '--rm',
    '--network',
    'host',
    '--user',
    `${process.getuid?.() ?? 1000}`,
    '-v',
    `${folder}:${folder}`,
    image,
  ],
};

/**
 * k6 from the PATH, else on Linux through Docker, else built with Go into a cache. Elsewhere Docker runs in a virtual machine,
 * whose loopback a container on the host's network would get, and the system is not there.
 * @throws when there is none of the three; the message says how to get one
 */
export async function findK6(
  note: (text: string) => void,
  { platform }: Pick<NodeJS.Process, 'platform'> = process,
): Promise<K6> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ringshop', `k6-v${version}`);
  for (const command of ['k6', join(cache, 'k6')]) if (await works(command, ['version'])) return binary(command);
  const hasDocker = platform === 'linux' && (await works('docker', ['info']));
  if (hasDocker) {
    note(`k6 is not on the PATH; asking Docker for ${image}`);
    if ((await works('docker', ['image', 'inspect', image])) || (await works('docker', ['pull', '-q', image])))
      return container;
  }
  if (await works('go', ['version'])) {
    note(`building k6 ${version} with Go, once (some minutes)`);
    await mkdir(cache, { recursive: true });
    await run('go', ['install', `go.k6.io/k6@v${version}`], { env: { ...process.env, GOBIN: cache } });
    return binary(join(cache, 'k6'));
  }
  const others = platform === 'linux' ? 'or Docker, or Go' : 'or Go';
  throw new Error(`k6 is missing: install it (https://grafana.com/docs/k6/latest/set-up/install-k6), ${others}`);
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch (error) {
    // Not there, or there and of no use: either way the next one is tried.
    return error instanceof Error ? false : Promise.reject(error);
  }
}
