import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { schemathesis } from './schemathesis.ts';

let dir: string;

/** Stands in for Python: says that it made an environment, whose pip then "installs" the program. */
const python = (pip: string) => `#!/bin/sh
[ "$1" = -c ] && exit
echo run >> "${dir}/runs"
mkdir -p "$3/bin"
printf '#!/bin/sh\\n${pip}\\n' > "$3/bin/pip"
chmod +x "$3/bin/pip"
`;

async function install(pip: string): Promise<void> {
  await writeFile(join(dir, 'python3'), python(pip));
  await chmod(join(dir, 'python3'), 0o755);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ringshop-pip-'));
  vi.stubEnv('XDG_CACHE_HOME', join(dir, 'cache'));
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n').length;

it('installs once for all who ask at the same time, and later', async () => {
  await install('echo program > "$(dirname "$0")/schemathesis"');
  const programs = await Promise.all([schemathesis(), schemathesis()]);
  expect(await schemathesis()).toBe(programs[0]);
  expect(await readFile(programs[0], 'utf8')).toBe('program\n');
  expect(await runs()).toBe(1);
});

it('installs anew after an installation that broke off', async () => {
  await install('exit 1');
  await expect(schemathesis()).rejects.toThrow();
  await install('echo program > "$(dirname "$0")/schemathesis"');
  expect(await readFile(await schemathesis(), 'utf8')).toBe('program\n');
  expect(await runs()).toBe(2);
});
