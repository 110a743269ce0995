import { chmod, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { kafkaJars } from './kafka-jars.ts';

let dir: string;

/** Stands in for Maven: says that it was run, then "downloads" two jars, the second one late. */
const maven = (then: string) => `#!/bin/sh
echo run >> "$0.runs"
for option; do case $option in -DoutputDirectory=*) out=\${option#*=};; esac; done
echo one > "$out/one.jar"
sleep 0.1
${then}
`;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-jars-'));
  vi.stubEnv('XDG_CACHE_HOME', join(dir, 'cache'));
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  await install('echo two > "$out/two.jar"');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

async function install(then: string): Promise<void> {
  await writeFile(join(dir, 'mvn'), maven(then));
  await chmod(join(dir, 'mvn'), 0o755);
}

const runs = async () => (await readFile(join(dir, 'mvn.runs'), 'utf8')).trim().split('\n').length;

it('downloads once for all who ask at the same time', async () => {
  const folders = await Promise.all([kafkaJars(), kafkaJars(), kafkaJars()]);
  expect(new Set(folders).size).toBe(1);
  expect(await readdir(folders[0])).toEqual(['contents.json', 'one.jar', 'two.jar']);
  expect(await runs()).toBe(1);
});

it('downloads again when a jar is cut short or gone', async () => {
  const folder = await kafkaJars();
  await truncate(join(folder, 'two.jar'), 1);
  await kafkaJars();
  await rm(join(folder, 'one.jar'));
  await kafkaJars();
  expect(await runs()).toBe(3);
  expect(await readFile(join(folder, 'two.jar'), 'utf8')).toBe('two\n');
});

it('leaves nothing of a download that broke off', async () => {
  await install('exit 1');
  await expect(kafkaJars()).rejects.toThrow('Kafka could not be downloaded');
  expect(await readdir(join(dir, 'cache', 'ringshop'))).toEqual([]);
});
