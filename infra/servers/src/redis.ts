import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';
import { exchange } from './exchange.ts';
import { refuseBusyPort } from './free-port.ts';
import { type ServerOptions, startReady } from './ready-child.ts';
import { findTool, type Tool } from './system-tool.ts';

const configFile = fileURLToPath(new URL('../../redis/redis.conf', import.meta.url));

const redis: Tool = {
  title: 'Redis (or Valkey)',
  programs: ['redis-server', 'valkey-server'],
  packages: ['redis-server', 'valkey-server'],
  hint: {
    debian: 'apt-get install redis-server',
    fedora: 'dnf install valkey',
    macos: 'brew install redis',
  },
};

export interface RedisServer extends Child {
  readonly name: 'redis';
  readonly port: number;
  readonly url: string;
}

/** Starts Redis on the loopback address with its data in `dir`/redis, and waits until it has loaded it. */
export async function startRedis({ dir, port, ledger, progress, signal }: ServerOptions): Promise<RedisServer> {
  await refuseBusyPort('redis', port);
  const command = await findTool(redis, progress);
  const data = join(dir, 'redis');
  await mkdir(data, { recursive: true });
  const logFile = join(dir, 'logs', 'redis.log');
  const args = [configFile, '--port', String(port), '--bind', '127.0.0.1', '--dir', data];
  const isReady = () => answersPing(port);
  const child = await startReady({
    name: 'redis',
    command,
    args,
    logFile,
    ledger,
    isReady,
    readyWithin: 60_000,
    signal,
  });
  return Object.assign(child, { name: 'redis' as const, port, url: `redis://127.0.0.1:${port}` });
}

/** Whether the server takes commands: one that is still loading its data answers PING with an error. */
export function answersPing(port: number): Promise<boolean> {
  return exchange(port, 'PING\r\n', (reply) => reply.toString().startsWith('+PONG'));
}
