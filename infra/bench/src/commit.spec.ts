import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commitOf, writtenByBenchmarks } from './commit.ts';
import { documents } from './docs/write-docs.ts';

let folder: string;
const write = async (path: string, text: string) => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};
const git = (...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringshop-commit-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a run names its commit, and marks it when the code is another one, which what benchmarks write is not', async () => {
  git('init', '-q');
  const files = ['apps/main.ts', 'docs/performance.json', 'docs/charts/cpu.svg'];
  for (const path of files) await write(path, 'first');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  const commit = git('rev-parse', '--short', 'HEAD').trim();
  expect(await commitOf(folder)).toBe(commit);
  for (const path of [...files.slice(1), 'notes.txt']) await write(path, 'another');
  expect(await commitOf(folder)).toBe(commit);
  await write('apps/main.ts', 'another');
  expect(await commitOf(folder)).toBe(`${commit}-dirty`);
});

it('there is none outside of git, and below the top of a repository it would be somebody else’s', async () => {
  expect(await commitOf(folder)).toBeUndefined();
  git('init', '-q');
  await write('unpacked/main.ts', 'first');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  expect(await commitOf(join(folder, 'unpacked'))).toBeUndefined();
});

it('every page that is made from the numbers is one that may differ', async () => {
  const isListed = (path: string) => writtenByBenchmarks.some((each) => path === each || path.startsWith(`${each}/`));
  expect([...(await documents()).keys()].filter((path) => !isListed(path))).toEqual([]);
});
