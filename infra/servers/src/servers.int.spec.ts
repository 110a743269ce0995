import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersApiVersions, answersPing, answersSsl, freePort, portIsFree } from './index.ts';
import { startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

// A folder that only its owner may enter, as /root or a checkout made by mktemp: PostgreSQL must cope when root starts it.
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-servers-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('each server is ready when its start answers, also after kill -9, and gone when its stop does', () => {
  it.each([
    ['postgres', startPostgres, answersSsl],
    ['redis', startRedis, answersPing],
    ['kafka', startKafka, answersApiVersions],
  ] as const)('%s', async (_, start, answers) => {
    const port = await freePort();
    const first = await start({ dir, port });
    expect(await answers(port)).toBe(true);
    first.kill();
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

    const second = await start({ dir, port });
    expect(await answers(port)).toBe(true);
    await second.stop();
    expect(await portIsFree(port)).toBe(true);
  });
});

it('hands a port out once, whichever process asks, and though nobody listens on it', async () => {
  const taken = await freePort();
  const drawsTheSameFirst = `
    import { freePort } from '@ringshop/servers';
    const { random } = Math;
    const draws = [(${taken} - 15_000 + 0.5) / 17_000];
    Math.random = () => draws.shift() ?? random();
    console.log(await freePort(), draws.length);`;
  const args = ['--conditions=source', '--input-type=module', '--eval', drawsTheSameFirst];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  const [drawn, undrawn] = stdout.trim().split(' ').map(Number);
  expect(undrawn).toBe(0);
  expect(drawn).not.toBe(taken);
});

it('does not take a stranger on its port for the server it started', async () => {
  const port = await freePort();
  const first = await startRedis({ dir, port });
  await expect(startRedis({ dir, port })).rejects.toThrow(`redis: port ${port} is in use by another program`);
  await first.stop();
});
