import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '@ringshop/operator';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { LockedSale, lockKey, type Sale } from './locked-sale.ts';

/** What a shop sold of what it had. */
export interface Demonstration {
  id: 'check-then-write' | 'lock-without-fence' | 'lock-with-fence';
  name: string;
  stock: number;
  sold: number;
  oversold: number;
  /** Writes that the database refused. */
  refused: number;
}

const schema = `
  DROP TABLE IF EXISTS textbook_stock;
  CREATE TABLE textbook_stock (available int NOT NULL, fence int NOT NULL DEFAULT 0)`;

/** Both do oversell: they are here to be seen, on a table of their own, and nothing of Ringshop works like this. */
export async function textbookMistakes(
  servers: Omit<Sale, 'fence'>,
  signal: AbortSignal,
  pauses = 10,
): Promise<Demonstration[]> {
  const pool = new Pool({ connectionString: servers.databaseUrl, max: 32 });
  pool.on('error', () => undefined);
  try {
    await pool.query(schema);
    return [
      await checkThenWrite(pool),
      await pausedHolder(pool, { ...servers, fence: false }, pauses, signal),
      await pausedHolder(pool, { ...servers, fence: true }, pauses, signal),
    ];
  } finally {
    await pool.end();
  }
}

/** Load, check, change, save, as an object-relational mapper is often used. Every buyer who read a unit got it. */
async function checkThenWrite(pool: Pool): Promise<Demonstration> {
  const stock = 100;
  const buyers = 1_000;
  await pool.query('INSERT INTO textbook_stock (available) VALUES ($1)', [stock]);
  const buy = async () => {
    const { rows } = await pool.query<{ available: number }>('SELECT available FROM textbook_stock');
    const { available } = rows[0]!;
    if (available < 1) return false;
    await pool.query('UPDATE textbook_stock SET available = $1', [available - 1]);
    return true;
  };
  const told = await Promise.all(Array.from({ length: buyers }, buy));
  const sold = told.filter((yes) => yes).length;
  const name = `check, then write, nothing in between: ${buyers.toLocaleString('en')} buyers on 32 connections`;
  return { id: 'check-then-write', name, stock, sold, oversold: sold - stock, refused: 0 };
}

const unitsEach = 10;
/** Beside this file, as compiled or as source. */
const program = new URL(import.meta.url.replace(/textbook-mistakes(?=\.[jt]s$)/, 'sleeper'));

/**
 * One seller decides and is stopped (SIGSTOP) until its lock has expired and another one has sold everything. Then it goes
 * on (SIGCONT), and writes.
 */
async function pausedHolder(pool: Pool, sale: Sale, pauses: number, signal: AbortSignal): Promise<Demonstration> {
  const redis = new Redis(sale.redisUrl);
  const other = new LockedSale(sale);
  const sleeper = fork(program, [JSON.stringify(sale), String(unitsEach)]);
  let sold = 0;
  let refused = 0;
  try {
    await Promise.all([other.open(), said(sleeper)]);
    for (let round = 0; round < pauses; round++) {
      await pool.query('UPDATE textbook_stock SET available = $1', [unitsEach]);
      sleeper.send('decide');
      await said(sleeper);
      sleeper.kill('SIGSTOP');
      sleeper.send('write');
      while (await redis.exists(lockKey)) await sleep(10, undefined, { signal });
      if (!(await other.decide(unitsEach))) throw new CommandFailed('the lock of a stopped seller did not expire');
      sold += await other.write();
      sleeper.kill('SIGCONT');
      const units = (await said(sleeper)).sold!;
      sold += units;
      if (units === 0) refused++;
    }
    sleeper.send('end');
    await once(sleeper, 'exit');
  } finally {
    sleeper.kill('SIGKILL');
    redis.disconnect();
    await other.close();
  }
  const stock = pauses * unitsEach;
  const name = `lock ${sale.fence ? 'and fence' : 'without a fence'}: holder stopped past its time to live, ${pauses} times`;
  return {
    id: sale.fence ? 'lock-with-fence' : 'lock-without-fence',
    name,
    stock,
    sold,
    oversold: sold - stock,
    refused,
  };
}

async function said(child: ChildProcess): Promise<{ sold?: number }> {
  const heard = new AbortController();
  const ended = once(child, 'exit', heard).then(() => {
    throw new CommandFailed('the seller that was to be stopped has ended by itself');
  });
  try {
    const [message] = await Promise.race([once(child, 'message', heard), ended]);
    return message as { sold?: number };
  } finally {
    heard.abort();
  }
}
