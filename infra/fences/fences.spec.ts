import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;

/** One forbidden import for each fence: [rule, file, import, …further files the import needs]. */
const planted: [rule: string, file: string, imports: string, also?: Record<string, string>][] = [
  ['no-circles', 'apps/order/src/a.ts', './b.ts', { 'apps/order/src/b.ts': "import './a.ts';" }],
  ['apps-never-each-other', 'apps/order/src/a.ts', '../../payment/src/index.ts'],
  ['libs-never-apps', 'libs/shared/messaging/src/a.ts', '../../../../apps/order/src/index.ts'],
  ['products-never-infra', 'apps/order/src/a.ts', '../../../infra/local/src/index.ts'],
  ['testing-is-for-tests', 'apps/order/src/a.ts', '@ringshop/testing'],
  ['contracts-know-nothing', 'libs/shared/contracts/src/a.ts', '@ringshop/placement'],
  ['placement-is-pure', 'libs/shared/placement/src/a.ts', 'zod'],
  ['saga-knows-contracts-and-messaging', 'libs/shared/saga/src/a.ts', '@ringshop/placement'],
  ['saga-without-broker-or-framework', 'libs/shared/saga/src/a.ts', 'kafkajs'],
  ['participants-never-saga', 'apps/payment/src/a.ts', '@ringshop/saga'],
  ['gateway-holds-no-state', 'apps/gateway/src/a.ts', 'pg'],
  ['kafkajs-behind-messaging', 'apps/order/src/a.ts', 'kafkajs'],
  ['through-the-front-door', 'apps/order/src/a.ts', '../../../libs/shared/contracts/src/money.ts'],
  upwards('runtime', 'http'),
  upwards('http', 'stores'),
  upwards('overload', 'trust'),
  upwards('trust', 'overload'),
  upwards('stores', 'service'),
  ['declared-dependencies', 'libs/shared/placement/src/a.ts', 'left-pad-that-nobody-declared'],
];

function upwards(from: string, to: string): [string, string, string, Record<string, string>] {
  const room = (name: string) => `libs/shared/service-defaults/src/${name}`;
  return [`service-defaults-${from}`, `${room(from)}/a.ts`, `../${to}/b.ts`, { [`${room(to)}/b.ts`]: 'export {};' }];
}

describe('each fence is live: a planted import is caught by its own rule', () => {
  let tree: string;

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'ringshop-fences-'));
    await cp(join(root, '.dependency-cruiser.mjs'), join(tree, '.dependency-cruiser.mjs'));
    await cp(join(root, 'package.json'), join(tree, 'package.json'));
    await mkdir(join(tree, 'node_modules/@ringshop'), { recursive: true });
    for (const name of await readdir(join(root, 'node_modules')))
      if (name !== '@ringshop') await symlink(join(root, 'node_modules', name), join(tree, 'node_modules', name));
    for (const folder of await packages()) {
      const { name } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
      await write(join(folder, 'package.json'), await readFile(join(root, folder, 'package.json'), 'utf8'));
      await write(join(folder, 'src/index.ts'), 'export {};');
      await symlink(join(tree, folder), join(tree, 'node_modules', name));
    }
    await write('libs/shared/contracts/src/money.ts', 'export {};');
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it('and the clean tree passes', async () => {
    expect(await violations()).toEqual([]);
  });

  it.each(planted)('%s: %s must not import %s', async (rule, file, imports, also = {}) => {
    const files = { [file]: `import '${imports}';`, ...also };
    for (const [path, text] of Object.entries(files)) await write(path, text);
    const caught = await violations();
    for (const path of Object.keys(files)) await rm(join(tree, path));
    expect(caught).toContain(rule);
  });

  it('and no rule is without its planted import', async () => {
    const { default: config } = await import(`${root}.dependency-cruiser.mjs`);
    expect(planted.map(([rule]) => rule).sort()).toEqual(config.forbidden.map((r: { name: string }) => r.name).sort());
  });

  async function write(path: string, text: string) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }

  async function violations(): Promise<string[]> {
    const binary = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = [binary, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'apps', 'libs', 'infra'];
    const { stdout } = await run(process.execPath, args, { cwd: tree, maxBuffer: 64 << 20 }).catch((error) => error);
    const report = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return report.summary.violations.map((violation) => violation.rule.name);
  }
});

it('every workspace import is declared in package.json and referenced in tsconfig.json', async () => {
  const missing: string[] = [];
  for (const folder of await packages()) {
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const { references = [] } = JSON.parse(await readFile(join(root, folder, 'tsconfig.json'), 'utf8'));
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.devDependencies ?? {}),
    ]);
    const referenced = new Set(references.map((r: { path: string }) => r.path.split('/').at(-1)));
    for (const name of await importedBy(folder))
      if (!declared.has(`@ringshop/${name}`) || !referenced.has(name)) missing.push(`${folder} → ${name}`);
  }
  expect(missing).toEqual([]);
});

it('every project can be built, linted and tested alone', async () => {
  for (const folder of await packages()) {
    const { scripts } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    expect(Object.keys(scripts), folder).toEqual(expect.arrayContaining(['build', 'lint', 'test']));
  }
});

async function packages(): Promise<string[]> {
  const found = await Promise.all(
    ['apps', 'libs/shared', 'infra'].map(async (parent) => {
      const entries = await readdir(join(root, parent), { withFileTypes: true });
      return entries.filter((e) => e.isDirectory()).map((e) => `${parent}/${e.name}`);
    }),
  );
  const isPackage = (folder: string) =>
    readFile(join(root, folder, 'package.json')).then(
      () => true,
      () => false,
    );
  const candidates = found.flat();
  const flags = await Promise.all(candidates.map(isPackage));
  return candidates.filter((_, i) => flags[i]);
}

async function importedBy(folder: string): Promise<Set<string>> {
  const files = (await readdir(join(root, folder, 'src'), { recursive: true })).filter(
    (f) => f.endsWith('.ts') && !/\.(spec|kit)\.ts$/.test(f),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(root, folder, 'src', file), 'utf8')));
  return new Set(texts.flatMap((text) => [...text.matchAll(/from '@ringshop\/([a-z-]+)/g)].map((match) => match[1]!)));
}
