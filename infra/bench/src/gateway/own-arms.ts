import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProcess } from '@ringshop/local';
import { type Child, freePort, portIsFree, startReady, startRedis } from '@ringshop/servers';
import { onOwnGround } from '../own-ground.ts';

export interface Arm {
  pid: number;
  url: string;
}

export interface Arms {
  gateway: Arm;
  proxy: Arm;
  simulatorsUrl: string;
  signal: AbortSignal;
}

/**
 * Runs `work` on a gateway and a bare proxy before the same canned shard, on free ports. Nothing is left afterwards.
 * @param profileDir receives a CPU profile of the gateway when it ends
 */
export function onArms<T>(
  withinMs: number,
  profileDir: string | undefined,
  work: (arms: Arms) => Promise<T>,
): Promise<T> {
  return onOwnGround(withinMs, async ({ dir, signal }) => {
    const processes = new Processes(dir, signal);
    try {
      return await work({ ...(await startArms(processes, profileDir)), signal });
    } finally {
      await processes.stop();
    }
  });
}

/** Of Node: it splits at spaces, but not within quotes, where a backslash keeps what follows. */
export const profileOptions = (folder: string): string =>
  `--cpu-prof "--cpu-prof-dir=${resolve(folder).replace(/["\\]/g, '\\$&')}"`;

async function startArms(processes: Processes, profileDir: string | undefined): Promise<Omit<Arms, 'signal'>> {
  const redisUrl = await processes.redis();
  const simulators = await processes.node('simulators', { folder: 'infra/simulators' });
  const shard = await processes.node('canned-shard', { file: './canned-shard.js' });
  const jwks = `${simulators.url}/.well-known/jwks.json`;
  const proxy = await processes.node('bare-proxy', {
    file: './bare-proxy.js',
    env: { UPSTREAM_URL: shard.url, JWKS_URL: jwks },
  });
  const gateway = await processes.node('gateway', {
    folder: 'apps/gateway',
    env: {
      OPERATOR_PORT: String(await freePort()),
      SHARDS: `order-1=${shard.url}`,
      INVENTORY_URLS: shard.url,
      REDIS_URL: redisUrl,
      JWKS_URL: jwks,
      INTERNAL_CALL_KEYS: `bench:${randomBytes(32).toString('base64')}`,
      ...(profileDir !== undefined && { NODE_OPTIONS: profileOptions(profileDir) }),
    },
  });
  return { gateway, proxy, simulatorsUrl: simulators.url };
}

class Processes {
  readonly #dir: string;
  readonly #signal: AbortSignal;
  readonly #running: Child[] = [];

  constructor(dir: string, signal: AbortSignal) {
    this.#dir = dir;
    this.#signal = signal;
  }

  async redis(): Promise<string> {
    const server = await startRedis({ dir: this.#dir, port: await freePort(), signal: this.#signal });
    this.#running.push(server);
    return server.url;
  }

  /** The main program of a folder, or a file of this one, as the local runner would start it. */
  async node(name: string, { folder = 'infra/bench', file = '', env = {} }): Promise<Arm> {
    const port = await freePort();
    const own = { NAME: name, PORT: String(port), DATA_DIR: this.#dir, LOG_LEVEL: 'warn' };
    const program = nodeProcess({ name, folder, dir: this.#dir, env: { ...own, ...env } });
    const child = await startReady({
      ...program,
      ...(file && { args: [fileURLToPath(new URL(file, import.meta.url))] }),
      isReady: async () => !(await portIsFree(port)),
      readyWithin: 120_000,
      signal: this.#signal,
    });
    this.#running.push(child);
    return { pid: child.pid, url: `http://127.0.0.1:${port}` };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((child) => child.stop()));
  }
}
