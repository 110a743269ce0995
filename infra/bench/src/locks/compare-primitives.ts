import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startRedis } from '@ringshop/servers';
import pg from 'pg';
import { percentileOf } from '../statistics.ts';
import { type Contender, type LockPrimitive, lockPrimitives, primitivesSchema } from './lock-primitives.ts';

export interface Primitive {
  name: string;
  /** Taking and giving back a free lock. */
  aloneP50Ms: number;
  aloneP99Ms: number;
  /** From one of the contenders to the next. */
  handoversPerSecond?: number;
  waitP99Ms?: number;
  connectionsOfWaiters?: number;
}

const aloneMs = 700;
const contendedMs = 1_200;
export const contenders = 16;
/** About the time of a batch's transaction. */
export const holdMs = 2;

/** What other kinds of lock cost on the same machine. Two more Redis servers are started for Redlock. */
export async function comparePrimitives(
  { databaseUrl, redisUrl, dir }: { databaseUrl: string; redisUrl: string; dir: string },
  signal: AbortSignal,
): Promise<Primitive[]> {
  const nodes = await Promise.all(
    ['redlock-2', 'redlock-3'].map(async (name) =>
      startRedis({ dir: join(dir, name), port: await freePort(), signal }),
    ),
  );
  try {
    await createTable(databaseUrl);
    const redisUrls: [string, string, string] = [redisUrl, nodes[0]!.url, nodes[1]!.url];
    const measured: Primitive[] = [];
    for (const primitive of lockPrimitives({ databaseUrl, redisUrls, dir })) {
      signal.throwIfAborted();
      measured.push(await measure(primitive));
    }
    return [...measured, await lowerBoundOfConsensus(dir)];
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

async function createTable(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(primitivesSchema);
  await client.end();
}

async function measure(primitive: LockPrimitive): Promise<Primitive> {
  const all: Contender[] = [];
  try {
    while (all.length < contenders) all.push(await primitive.contender());
    const alone = await rounds([all[0]!], aloneMs, async (contender) => {
      await contender.take();
      await contender.give();
    });
    const waits: number[] = [];
    const contended = await rounds(all, contendedMs, async (contender) => {
      const askedAt = performance.now();
      await contender.take();
      waits.push(performance.now() - askedAt);
      await sleep(holdMs);
      await contender.give();
    });
    return {
      name: primitive.name,
      ...quantiles(alone),
      handoversPerSecond: Math.round(contended.length / (contendedMs / 1000)),
      waitP99Ms: Math.round(percentileOf(waits, 0.99)),
      connectionsOfWaiters: primitive.waitsInDatabase ? contenders - 1 : 0,
    };
  } finally {
    await Promise.all(all.map((contender) => contender.close()));
  }
}

/** Each contender goes round for `ms`. @returns how long each round took */
async function rounds(all: Contender[], ms: number, round: (contender: Contender) => Promise<void>): Promise<number[]> {
  const until = performance.now() + ms;
  const took: number[] = [];
  await Promise.all(
    all.map(async (contender) => {
      while (performance.now() < until) {
        const began = performance.now();
        await round(contender);
        took.push(performance.now() - began);
      }
    }),
  );
  return took;
}

/**
 * etcd and ZooKeeper answer once a majority of their nodes has an entry on disk: to take a lock and to give it back are
 * two entries. Their own work and the network come on top.
 */
async function lowerBoundOfConsensus(dir: string): Promise<Primitive> {
  const path = join(dir, 'consensus.log');
  const log = await open(path, 'a');
  const took: number[] = [];
  try {
    const until = performance.now() + aloneMs;
    while (performance.now() < until) {
      const began = performance.now();
      for (let entry = 0; entry < 2; entry++) {
        await log.write('x'.repeat(128));
        await log.datasync();
      }
      took.push(performance.now() - began);
    }
  } finally {
    await log.close();
    await rm(path);
  }
  return { name: 'etcd, ZooKeeper: at least two synced log entries', ...quantiles(took) };
}

const quantiles = (took: number[]) => ({
  aloneP50Ms: Number(percentileOf(took, 0.5).toFixed(2)),
  aloneP99Ms: Number(percentileOf(took, 0.99).toFixed(2)),
});
