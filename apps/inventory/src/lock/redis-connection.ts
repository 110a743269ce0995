import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Logger } from '@ringshop/service-defaults';
import { Redis, type Result } from 'ioredis';

// The path leads from `src` and from `dist` to the same file: the compiler carries no .lua over.
const script = (name: string) => readFileSync(new URL(`../../src/lock/${name}.lua`, import.meta.url), 'utf8');

declare module 'ioredis' {
  interface RedisCommander<Context> {
    acquireLocks(numberOfKeys: number, ...args: (string | number)[]): Result<(string | number)[], Context>;
    extendLocks(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
    releaseLocks(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
    raiseEpoch(epochKey: string, epoch: number): Result<number, Context>;
  }
}

interface RedisOptions {
  commandTimeoutMs?: number;
  logger?: Logger;
}

/**
 * A connection that fails fast and never queues: while Redis is away every command is refused at once, and a command
 * is never sent a second time behind our back (the lock does that itself, with the same request token).
 */
export function connectRedis(url: string, { commandTimeoutMs = 500, logger }: RedisOptions = {}): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000) * (0.75 + Math.random() / 2),
    scripts: {
      acquireLocks: { lua: script('acquire') },
      extendLocks: { lua: script('extend') },
      releaseLocks: { lua: script('release') },
      raiseEpoch: { lua: script('raise-epoch'), numberOfKeys: 1 },
    },
  });
  // Every failed attempt to reconnect emits an error, several a second; a reader needs to know of the changes.
  let up = false;
  redis.on('error', (error) => logger?.debug({ err: error }, 'Redis'));
  redis.on('reconnecting', () => {
    if (up) logger?.warn('the connection to Redis is lost; stock is guarded by the database alone');
    up = false;
  });
  redis.on('ready', () => {
    logger?.info('connected to Redis');
    up = true;
  });
  return redis;
}

/** Gives the first connection a moment. Without one the service starts all the same, on the database alone. */
export async function openRedis(redis: Redis, withinMs = 2_000): Promise<void> {
  const ready = once(redis, 'ready', { signal: AbortSignal.timeout(withinMs) });
  await Promise.all([ready, redis.connect()]).catch(() => undefined);
}
