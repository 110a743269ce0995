import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { acquire, release } from './plain-lock.ts';

/** One contender's way to a lock. */
export interface Contender {
  take(): Promise<void>;
  give(): Promise<void>;
  close(): Promise<void>;
}

/** A kind of lock that teams ask about. */
export interface LockPrimitive {
  name: string;
  /** A contender that waits occupies a connection of the database. */
  waitsInDatabase: boolean;
  contender(): Promise<Contender>;
}

export interface Places {
  databaseUrl: string;
  redisUrls: [string, string, string];
  dir: string;
}

export function lockPrimitives({ databaseUrl, redisUrls, dir }: Places): LockPrimitive[] {
  const database = (name: string, taking: string[], giving: string[]): LockPrimitive => ({
    name,
    waitsInDatabase: true,
    contender: () => databaseContender(databaseUrl, taking, giving),
  });
  return [
    {
      name: 'Redis: one script, one node',
      waitsInDatabase: false,
      contender: () => redisContender(redisUrls.slice(0, 1)),
    },
    { name: 'Redlock: three nodes', waitsInDatabase: false, contender: () => redisContender(redisUrls) },
    database('row lock: SELECT … FOR UPDATE', ['BEGIN', 'SELECT FROM primitive_lock FOR UPDATE'], ['COMMIT']),
    database('advisory lock of a transaction', ['BEGIN', 'SELECT pg_advisory_xact_lock(1)'], ['COMMIT']),
    database('advisory lock of a session', ['SELECT pg_advisory_lock(2)'], ['SELECT pg_advisory_unlock(2)']),
    {
      name: 'lock file (open with O_EXCL), one machine',
      waitsInDatabase: false,
      contender: async () => fileContender(join(dir, 'lock')),
    },
  ];
}

export const primitivesSchema = 'CREATE TABLE primitive_lock (n int); INSERT INTO primitive_lock VALUES (1)';

/** As inventory's: waiters ask again after 2 to 10 ms. */
const retryMs = () => 2 + Math.random() * 8;
const ttlMs = 5_000;

async function databaseContender(url: string, taking: string[], giving: string[]): Promise<Contender> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const all = (statements: string[]) => Promise.all(statements.map((text) => client.query(text))).then(() => undefined);
  return { take: () => all(taking), give: () => all(giving), close: () => client.end() };
}

/** With one node the lock of this project, with three Redlock: a majority has it, or all are given back. */
async function redisContender(urls: string[]): Promise<Contender> {
  const nodes = urls.map((url) => new Redis(url));
  const request = randomUUID();
  const give = async () => {
    await Promise.all(nodes.map((node) => node.eval(release, 1, 'primitive:lock', request)));
  };
  const take = async () => {
    for (;;) {
      const asked = nodes.map((node) => node.eval(acquire, 2, 'primitive:lock', 'primitive:token', request, ttlMs));
      const granted = (await Promise.all(asked)).filter((token) => token !== 0).length;
      if (granted > nodes.length / 2) return;
      if (granted > 0) await give();
      await sleep(retryMs());
    }
  };
  await Promise.all(nodes.map((node) => node.ping()));
  const close = async () => {
    for (const node of nodes) node.disconnect();
  };
  return { take, give, close };
}

function fileContender(path: string): Contender {
  const take = async () => {
    for (;;) {
      try {
        return await (await open(path, 'wx')).close();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        await sleep(retryMs());
      }
    }
  };
  return { take, give: () => rm(path), close: async () => undefined };
}
