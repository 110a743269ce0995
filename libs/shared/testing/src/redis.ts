import { rm } from 'node:fs/promises';
import { freePort, type RedisServer, startRedis } from '@ringshop/servers';
import { testFolder } from './shared-servers.ts';

export interface TestRedis {
  url: string;
  server: RedisServer;
  /** On the same port again, after the server was stopped or killed: with its data, or as one that had no persistence. */
  restart(how?: { empty?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis of one's own: it is up in 50 ms, and a test may flush, pause or kill it. */
export async function testRedis(): Promise<TestRedis> {
  const dir = testFolder('redis');
  const port = await freePort();
  const ledger = `${dir}/processes`;
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    server: await startRedis({ dir, port, ledger }),
    restart: async ({ empty = false } = {}) => {
      await redis.server.exited;
      if (empty) await rm(`${dir}/redis`, { recursive: true });
      redis.server = await startRedis({ dir, port, ledger });
    },
    stop: async () => {
      await redis.server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return redis;
}
