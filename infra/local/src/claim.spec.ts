import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '@ringshop/servers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claim, findRunner, release } from './claim.ts';
import { ledgerOf } from './node-process.ts';
import { Refused } from './options.ts';

let dir: string;
let child: Child;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-claim-'));
  const how = { command: 'sleep', args: ['60'], logFile: join(dir, 'logs', 'order-1.log'), ledger: ledgerOf(dir) };
  child = await startChild({ name: 'order-1', ...how });
});

afterEach(async () => {
  child.kill();
  await child.exited;
  await rm(dir, { recursive: true });
});

it('refuses a second runner, and leaves the parts of the first alone', async () => {
  await claim(`${dir}/state`);
  await expect(claim(`${dir}/state`)).rejects.toThrow(Refused);
  expect(child.exit()).toBeUndefined();
  await release(`${dir}/state`);
  expect(await findRunner(`${dir}/state`)).toBeUndefined();
});

it('ends what a killed runner has left', async () => {
  expect(await claim(dir)).toEqual(['order-1']);
  expect((await child.exited).signal).toBe('SIGTERM');
});

it('ends it also before it wipes the folder', async () => {
  expect(await claim(dir, { fresh: true })).toEqual(['order-1']);
  expect(child.exit()?.signal).toBe('SIGTERM');
  expect(await readdir(dir)).toEqual(['runner.json']);
});
