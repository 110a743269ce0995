import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Child, startChild } from './child.ts';
import { clearLeftovers, processIdentity, writtenDown } from './process-ledger.ts';

let dir: string;
let children: Child[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-ledger-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill();
  await Promise.all(children.map(({ exited }) => exited));
  await rm(dir, { recursive: true });
});

async function sleeper(script = 'exec sleep 60'): Promise<Child> {
  const options = { name: 'sleeper', command: 'sh', args: ['-c', script], logFile: join(dir, 'logs', 'log') };
  const child = await startChild({ ...options, ledger: join(dir, 'ledger'), stopWithin: 1_000 });
  children.push(child);
  return child;
}

it('ends what was written down and still runs', async () => {
  const child = await sleeper();
  expect(await clearLeftovers(join(dir, 'ledger'))).toEqual(['sleeper']);
  expect(child.exit()).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await writtenDown(join(dir, 'ledger'))).toEqual([]);
});

it('leaves a process alone that merely got the pid of one written down', async () => {
  const child = await sleeper();
  const entry = { name: 'long gone', pid: child.pid, identity: 'another boot/1', stopSignal: 'SIGTERM' };
  await writeFile(join(dir, 'ledger', `${child.pid}.json`), JSON.stringify(entry));
  expect(await clearLeftovers(join(dir, 'ledger'))).toEqual([]);
  expect(child.exit()).toBeUndefined();
});

it('strikes out a process that has ended', async () => {
  const child = await sleeper();
  expect(await writtenDown(join(dir, 'ledger'))).toHaveLength(1);
  await child.stop();
  await expect.poll(() => writtenDown(join(dir, 'ledger'))).toEqual([]);
  expect(await processIdentity(child.pid)).toBeUndefined();
});

const says = async (word: string) =>
  expect.poll(() => readFile(join(dir, 'logs', 'log'), 'utf8').catch(() => ''), { timeout: 5_000 }).toMatch(word);

it('wakes a paused process so that it can stop in its own way', async () => {
  const paused = await sleeper('trap "exit 7" TERM; echo trapped; while :; do sleep 0.05; done');
  await says('trapped');
  paused.signal('SIGSTOP');
  expect(await paused.stop()).toEqual({ code: 7, signal: null });
});

it('kills a process that does not listen', async () => {
  const deaf = await sleeper('trap "" TERM; echo deaf; while :; do sleep 0.05; done');
  await says('deaf');
  expect(await deaf.stop()).toEqual({ code: null, signal: 'SIGKILL' });
});
