import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from '../runtime/logger.ts';

export type { Redis };

export interface RedisOptions {
  /** What goes on meanwhile, for the log: 'products are read from the database'. Left out by who tells of it itself. */
  whileAway?: string;
  commandTimeoutMs?: number;
  logger?: Logger | undefined;
  /** Lua by the name of the method it becomes; with `numberOfKeys` where that is always the same. */
  scripts?: Record<string, { lua: string; numberOfKeys?: number }>;
}

/**
 * A connection that fails fast and never queues: while Redis is away every command is refused at once, and a command
 * is never sent a second time behind our back. It connects when it is told to, and again by itself.
 */
export function createRedis(url: string, options: RedisOptions): Redis {
  const { whileAway, commandTimeoutMs = 500, logger, scripts = {} } = options;
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000) * (0.75 + Math.random() / 2),
    scripts,
  });
  // Every failed attempt to reconnect emits an error, several a second; a reader needs to know of the changes.
  let up = false;
  redis.on('error', (error) => logger?.debug({ err: error }, 'Redis'));
  redis.on('reconnecting', () => {
    if (up && whileAway) logger?.warn(`the connection to Redis is lost; ${whileAway}`);
    up = false;
  });
  redis.on('ready', () => {
    if (whileAway) logger?.info('connected to Redis');
    up = true;
  });
  return redis;
}

/** Gives the first connection a moment. Without one the service starts all the same, and the connection goes on trying. */
export async function openRedis(redis: Redis, withinMs = 2_000): Promise<void> {
  const ready = once(redis, 'ready', { signal: AbortSignal.timeout(withinMs) });
  await Promise.all([ready, redis.connect()]).catch(() => undefined);
}

/**
 * Asks for what can be done without.
 * @returns undefined when Redis is away, does not answer in time, or refuses (out of memory, still loading)
 *
 * A connection on which a command got no answer is given up: what it still delivers may belong to an earlier command.
 * Until there is a new one nobody waits, so a Redis that hangs delays only what was under way when it began to.
 */
export async function askRedis<T>(redis: Redis, ask: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  if (redis.status !== 'ready') return undefined;
  try {
    return await ask(redis);
  } catch (error) {
    if ((error as Error).name !== 'ReplyError') redis.stream.destroy();
    return undefined;
  }
}
