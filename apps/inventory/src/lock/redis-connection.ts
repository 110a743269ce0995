import { readFileSync } from 'node:fs';
import { createRedis, type Logger, type Redis } from '@ringshop/service-defaults';
import type { Result } from 'ioredis';

// The path leads from `src` and from `dist` to the same file: the compiler carries no .lua over.
const script = (name: string) => readFileSync(new URL(`../../src/lock/${name}.lua`, import.meta.url), 'utf8');

declare module 'ioredis' {
  interface RedisCommander<Context> {
    acquireLocks(numberOfKeys: number, ...args: (string | number)[]): Result<(string | number)[], Context>;
    extendLocks(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
    releaseLocks(numberOfKeys: number, ...args: (string | number)[]): Result<number, Context>;
    nameMemory(memoryKey: string, name: string): Result<string, Context>;
    raiseEpoch(epochKey: string, memoryKey: string, epoch: number, memory: string): Result<number, Context>;
  }
}

/** As `createRedis` says; the lock asks a second time itself, with the same request token. */
export function connectRedis(url: string, options: { commandTimeoutMs?: number; logger?: Logger } = {}): Redis {
  return createRedis(url, {
    ...options,
    scripts: {
      acquireLocks: { lua: script('acquire') },
      extendLocks: { lua: script('extend') },
      releaseLocks: { lua: script('release') },
      nameMemory: { lua: script('name-memory'), numberOfKeys: 1 },
      raiseEpoch: { lua: script('raise-epoch'), numberOfKeys: 2 },
    },
  });
}
