import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, processIdentity, startChild, until, writtenDown } from '@ringshop/servers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { nothingRuns, type StatusJson } from './status.ts';

const program = (name: string) => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));

let dir: string;
let runner: Child;
/** Every process that was ever part of the system, with its identity. */
const seen = new Map<number, string>();

interface Answer {
  code: number | null;
  out: string;
  err: string;
}

/** Runs one of the commands as a person would, on the system of this spec. */
async function command(name: string, ...args: string[]): Promise<Answer> {
  const id = Math.random().toString(36).slice(2);
  const at = (stream: string) => join(dir, `${name}-${id}.${stream}`);
  const shell = 'out=$1; err=$2; shift 2; exec "$@" >"$out" 2>"$err"';
  const child = await startChild({
    name,
    command: 'sh',
    args: [
      '-c',
      shell,
      'sh',
      at('out'),
      at('err'),
      process.execPath,
      program(name),
      '--dir',
      join(dir, 'state'),
      ...args,
    ],
    logFile: at('log'),
  });
  const { code } = await child.exited;
  return { code, out: await readFile(at('out'), 'utf8'), err: await readFile(at('err'), 'utf8') };
}

async function status(): Promise<StatusJson> {
  const { code, out } = await command('status-command', '--json');
  expect(code).toBe(0);
  return JSON.parse(out);
}

const part = async (name: string) => (await status()).parts.find((candidate) => candidate.name === name);

const log = () => readFile(join(dir, 'start.log'), 'utf8');

async function start(): Promise<void> {
  const before = await log().catch(() => '');
  const args = [program('start'), '--dir', join(dir, 'state'), '--ports', 'free'];
  runner = await startChild({
    name: 'start',
    command: process.execPath,
    args,
    logFile: join(dir, 'start.log'),
    stopWithin: 90_000,
  });
  const ready = async () => (await log()).slice(before.length).includes('ringshop ready on ');
  await until(ready, { within: 170_000, every: 200, what: 'npm start', unless: () => runner.exit() && 'it ended' });
  await remember();
}

async function remember(): Promise<void> {
  for (const { pid, identity } of await writtenDown(join(dir, 'state', 'processes'))) seen.set(pid, identity);
}

async function stillRunning(): Promise<number[]> {
  const running = await Promise.all(
    [...seen].map(async ([pid, id]) => ((await processIdentity(pid)) === id ? [pid] : [])),
  );
  return running.flat();
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-local-'));
  await mkdir(join(dir, 'state'));
});

afterAll(async () => {
  await runner?.stop();
  for (const pid of await stillRunning()) process.kill(pid, 'SIGKILL');
  await rm(dir, { recursive: true });
});

it('reports that nothing runs, and ends 0', async () => {
  expect(await status()).toEqual(JSON.parse(JSON.stringify(nothingRuns)));
  expect(await command('stop-command')).toMatchObject({
    code: 1,
    err: expect.stringContaining('ringshop is not running'),
  });
});

it('refuses bad arguments in one line', async () => {
  const { code, err } = await command('start', '--shards', 'many');
  expect([code, err]).toEqual([1, 'ringshop: --shards takes a whole number from 1 to 16, not many\n']);
});

it('starts every part and says where it is', async () => {
  vi.stubEnv('RATE_LIMIT_PER_ADDRESS', '1234/1s');
  await start();
  const now = await status();
  expect(now.ready).toBe(true);
  expect(now.parts.map(({ name, kind, state }) => `${name} ${kind} ${state}`)).toEqual([
    'gateway-1 gateway ready',
    'order-1 order ready',
    'order-2 order ready',
    'inventory-1 inventory ready',
    'payment-1 payment ready',
    'simulators simulators ready',
    'postgres postgres ready',
    'redis redis ready',
    'kafka kafka ready',
  ]);
  expect(now.parts.every(({ pid }) => pid && seen.has(pid))).toBe(true);
  expect(now.postgres.url).toMatch(/^postgresql:\/\/postgres:.+@127\.0\.0\.1:\d+\/postgres$/);
  expect((await log()).trim().split('\n').at(-1)).toBe(`ringshop ready on ${now.gateway}`);
});

it('passes on what the environment sets', async () => {
  expect(await log()).toContain('from the environment: RATE_LIMIT_PER_ADDRESS\n');
  const { headers } = await fetch(`${(await status()).gateway}/v1/products`);
  expect(headers.get('ratelimit-policy')).toContain('"address";q=1234;w=1');
});

it('says that one is running to a second start', async () => {
  const { code, err } = await command('start');
  expect([code, err]).toEqual([1, expect.stringContaining(`ringshop is running already (pid ${runner.pid})`)]);
  expect((await status()).ready).toBe(true);
});

it('takes one part down and up again, and leaves the others alone', async () => {
  const before = await status();
  expect(await command('stop-command', 'order-1')).toMatchObject({ code: 0, out: 'order-1 is down\n' });
  expect(await status()).toMatchObject({ ready: false });
  expect(await part('order-1')).toMatchObject({ state: 'down', pid: null });
  expect(await command('restart-command', 'order-1')).toMatchObject({ code: 0, out: 'order-1 is ready\n' });
  const after = await status();
  await remember();
  const others = (of: StatusJson) => of.parts.filter(({ name }) => name !== 'order-1').map(({ pid }) => pid);
  expect(others(after)).toEqual(others(before));
  expect(await command('stop-command', 'order-9')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no part order-9'),
  });
});

it('restarts a server, with its data, under the services that use it', async () => {
  expect(await command('restart-command', 'redis', '--kill')).toMatchObject({ code: 0 });
  await remember();
  await until(async () => (await status()).ready, { within: 30_000, every: 200, what: 'all parts to be ready' });
});

it('tells once of a part that died, and does not start it again', async () => {
  process.kill((await part('payment-1'))?.pid ?? 0, 'SIGKILL');
  await until(async () => (await log()).includes('payment-1 died (SIGKILL)'), { within: 5_000, what: 'the report' });
  expect(await part('payment-1')).toMatchObject({ state: 'down', pid: null });
  expect((await log()).split('payment-1 died').length - 1).toBe(1);
});

it('calls a part that is alive but does not answer degraded', async () => {
  const pid = (await part('inventory-1'))?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  expect(await part('inventory-1')).toMatchObject({ state: 'degraded', pid });
  process.kill(pid, 'SIGCONT');
  await until(async () => (await part('inventory-1'))?.state === 'ready', {
    within: 20_000,
    every: 200,
    what: 'inventory',
  });
});

it('clears what a killed runner left behind, and keeps the data', async () => {
  const { parts } = await status();
  runner.kill();
  await runner.exited;
  expect(await stillRunning()).not.toEqual([]);
  expect(await status()).toMatchObject({ ready: false, parts: [] });
  const old = parts.flatMap(({ pid }) => pid ?? []);
  await start();
  expect((await stillRunning()).filter((pid) => old.includes(pid))).toEqual([]);
  expect(await log()).toContain('ended what a killed runner had left');
  expect(await readFile(join(dir, 'state', 'logs', 'setup.log'), 'utf8')).toMatch(
    /ringshop is set up\nringshop is set up\n$/,
  );
});

it('keeps the number of shards it was made with', async () => {
  await runner.stop();
  const { code, err } = await command('start', '--shards', '3');
  expect([code, err]).toEqual([1, 'ringshop: this system has 2 shards; --fresh wipes it and starts one with 3\n']);
});

it('refuses a bad setting in one line that names it', async () => {
  vi.stubEnv('RATE_LIMIT_PER_ADDRESS', 'lots');
  const { code, err } = await command('start', '--ports', 'free');
  vi.unstubAllEnvs();
  expect(code).toBe(1);
  expect(err).toMatch(
    /^ringshop: gateway-1 did not start: bad configuration: RATE_LIMIT_PER_ADDRESS \(must be .+\)\n$/,
  );
});

it('leaves no process behind when it is told to stop', async () => {
  expect(await stillRunning()).toEqual([]);
  expect((await log()).trim().split('\n').at(-1)).toBe('ringshop has stopped');
});

it('stops while it is still starting, when nobody but npm is told', async () => {
  runner = await startChild({
    name: 'npm start',
    command: 'npm',
    args: ['start', '--', '--dir', join(dir, 'state'), '--ports', 'free'],
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    logFile: join(dir, 'again.log'),
    stopWithin: 90_000,
  });
  await until(async () => (await readFile(join(dir, 'again.log'), 'utf8')).includes('✓'), {
    within: 60_000,
    what: 'a part',
  });
  await remember();
  expect(await runner.stop()).toEqual({ code: 0, signal: null });
  await remember();
  expect(await stillRunning()).toEqual([]);
});
