import { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runK6 } from './run-k6.ts';
import { Tallies } from './tallies.ts';

let folder: string;
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringshop-run-k6-'));
  said = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const lines = [
  "console.error('@ steady 1764172800123 confirmed 12.00 -')",
  "console.error('thresholds have been crossed')",
];
/** Goes on until it is told to end, as k6 would. */
const forEver = ["process.on('SIGINT', () => process.exit(105))", ...lines, 'setInterval(() => undefined, 1000)'];

/** A program in the place of k6, told what k6 would be. */
async function run(program: string[], { isEnough = (): boolean => false, signal = new AbortController().signal } = {}) {
  const script = join(folder, 'program.mjs');
  await writeFile(script, program.join(';\n'));
  const tallies = new Tallies();
  const k6 = { command: process.execPath, before: () => [script] };
  const options = { k6, scenario: 'steady', folder, env: { PEAK: '300' }, tallies, signal };
  return { tallies, code: runK6({ ...options, isEnough: () => tallies.stages.size > 0 && isEnough() }) };
}

it('adds up what the script notes, and lets people read the rest', async () => {
  const { tallies, code } = await run([...lines, 'process.exit(99)']);
  expect(await code).toBe(99);
  expect(tallies.stage('steady').count('confirmed')).toBe(1);
  expect(said).toEqual(['thresholds have been crossed']);
});

it('gives k6 the scenario, what it imports, and what it has to know', async () => {
  const { code } = await run(["console.error(process.argv.slice(2).join(' '))"]);
  expect(await code).toBe(0);
  expect(said[0]).toMatch(new RegExp(`^run .*-e PEAK=300 ${join(folder, 'steady.js')}$`));
  expect(existsSync(join(folder, 'shop.js'))).toBe(true);
});

it('ends k6 when it is enough, and takes that for success', async () => {
  const { code } = await run(forEver, { isEnough: () => true });
  expect(await code).toBe(0);
});

it('ends k6 when the run is given up, and does not', async () => {
  const givenUp = new AbortController();
  const { tallies, code } = await run(forEver, { signal: givenUp.signal });
  await tallies.begun('steady');
  givenUp.abort();
  expect(await code).toBe(105);
});

it('tells k6 to end once, whoever wants it to, and the terminal does not tell it: a second time costs it its teardown', async () => {
  const kill = vi.spyOn(ChildProcess.prototype, 'kill');
  const givenUp = new AbortController();
  const isEnough = () => {
    givenUp.abort();
    return true;
  };
  // Throws where it leads no group of its own.
  const { code } = await run(['process.kill(-process.pid, 0)', ...forEver], { isEnough, signal: givenUp.signal });
  expect(await code).toBe(0);
  expect(kill).toHaveBeenCalledExactlyOnceWith('SIGINT');
});

it('leaves no k6 behind when it cannot go on itself', async () => {
  const { tallies, code } = await run(forEver);
  tallies.add = () => {
    throw new Error('cannot add');
  };
  await expect(code).rejects.toThrow('cannot add');
});
