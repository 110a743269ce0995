import { Redis } from 'ioredis';
import { CommandFailed, lineOf, readArguments, runCommand } from './cli.ts';
import { Database } from './databases.ts';
import { type LockState, readLockState, type SkuLock } from './lock-state.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run locks -- show [<sku> …] [--json]

Shows the stock locks that are held now: by which request, for how long yet, how many wait for them, the last token that
Redis handed out (its n), and the token of the last write that the row in PostgreSQL has seen. Then who waits, in turn.
Also the epoch of the tokens, in Redis and in PostgreSQL. A SKU that is named is shown also when nobody holds it.
It reads, and changes nothing.`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { json: { type: 'boolean' } });
  const [verb, ...skus] = positionals;
  if (verb !== 'show') throw new CommandFailed('usage: locks -- show [<sku> …]');
  const system = await findSystem();
  const inventory = new Database(system.postgres, 'inventory');
  try {
    const redis = await connect(system.redis);
    const state = await readLockState(redis, inventory, skus).finally(() => redis.disconnect());
    console.log(values.json ? JSON.stringify(state, null, 2) : textOf(state));
  } finally {
    await inventory.close();
  }
  return 0;
}

/** One attempt: an operator who asks wants to know that Redis is away, and not to wait for it. */
async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 0,
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new CommandFailed(
      `Redis does not answer (${lineOf(reason ?? error)}); STOCK_LOCK_FALLBACK says what inventory does`,
      {
        cause: error,
      },
    );
  }
}

function textOf({ epoch, known, locks, waiters }: LockState): string {
  const inRedis = epoch.redis === null ? 'none in Redis' : `${epoch.redis} in Redis`;
  const about = `epoch ${inRedis}, ${epoch.postgres} in PostgreSQL; ${known} SKUs have had tokens`;
  if (locks.length === 0 && waiters.length === 0) return `No lock is held; ${about}.`;
  const head = ['sku', 'held by', 'for yet', 'waiting', 'last n in Redis', 'last write in PostgreSQL'];
  const turns = waiters.map(({ name, skus }, index) => `${index + 1}. ${name} waits for ${someOf(skus)}`);
  const held = locks.length > 0 ? table(head, locks.map(cells)) : 'No lock is held.';
  return [`${about}\n`, held, ...(turns.length > 0 ? ['', ...turns] : [])].join('\n');
}

const someOf = (skus: string[]) =>
  skus.length <= 3 ? skus.join(', ') : `${skus.slice(0, 3).join(', ')} and ${skus.length - 3} more`;

const cells = ({ sku, holder, leftMs, waiting, lastN, written }: SkuLock) => [
  sku,
  holder ?? 'free',
  leftMs === null ? '' : `${(leftMs / 1000).toFixed(1)} s`,
  waiting,
  lastN ?? '–',
  written ? `(${written.epoch}, ${written.n})` : 'no such SKU',
];

await runCommand('locks', main);
