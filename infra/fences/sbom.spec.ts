import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));
const sbom = (...args: string[]) =>
  spawnSync(process.execPath, [`${root}infra/sbom.mjs`, ...args], { encoding: 'utf8' });

interface Component {
  'bom-ref': string;
  version: string;
  purl: string;
  licenses?: unknown[];
  hashes?: { alg: string }[];
  properties: { name: string }[];
}

interface Bill {
  bomFormat: string;
  specVersion: string;
  metadata: { component: Component & { name: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const nameOf = ({ 'bom-ref': ref }: Component) => ref.slice(0, ref.lastIndexOf('@'));

/** Everything that a package.json of this repository asks for and a registry has. */
function asked(): string[] {
  const folders = execFileSync('npm', ['query', '.workspace'], { cwd: root, encoding: 'utf8' });
  const manifests = ['', ...(JSON.parse(folders) as { location: string }[]).map(({ location }) => `${location}/`)];
  const names = manifests
    .map((folder) => json(`${folder}package.json`))
    .flatMap(({ dependencies, devDependencies }) => [
      ...Object.keys(dependencies ?? {}),
      ...Object.keys(devDependencies ?? {}),
    ]);
  return [...new Set(names)].filter((name) => !name.startsWith('@ringshop/'));
}

describe('npm run sbom (acceptance 66)', () => {
  let bill: Bill;

  beforeAll(() => {
    const { status, stdout, stderr } = sbom();
    expect([status, stderr]).toEqual([0, '']);
    bill = JSON.parse(stdout);
  });

  it('is a CycloneDX document about this shop, which tells nothing of the machine', () => {
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    expect(bill.metadata.component).toMatchObject({ name: 'ringshop', version: json('package.json').version });
    expect(JSON.stringify(bill)).not.toContain(root);
  });

  it('names every direct dependency, with the hash of its contents and its licence', () => {
    const byName = Map.groupBy(bill.components, nameOf);
    const names = asked();
    expect(names).toEqual(expect.arrayContaining(['kafkajs', 'pg', 'typeorm', 'vitest']));
    for (const name of names) {
      const found = byName.get(name)?.[0];
      expect(found, name).toMatchObject({ version: expect.any(String), licenses: [expect.anything()] });
      expect(found?.hashes?.[0]?.alg, name).toBe('SHA-512');
      expect(found?.purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${found?.version}`);
    }
  });

  it('leads from each package to packages that it lists', () => {
    const listed = new Set([...bill.components, bill.metadata.component].map(({ 'bom-ref': ref }) => ref));
    const dangling = bill.dependencies
      .flatMap(({ ref, dependsOn }) => [ref, ...dependsOn])
      .filter((ref) => !listed.has(ref));
    expect(dangling).toEqual([]);
  });

  it('marks what only builds and tests need, and nothing that is shipped', () => {
    const marked = new Set(
      bill.components
        .filter(({ properties }) => properties.some(({ name }) => name === 'cdx:npm:package:development'))
        .map(nameOf),
    );
    expect([...marked]).toEqual(expect.arrayContaining(['@biomejs/biome', 'vitest']));
    expect(['pg', 'kafkajs', 'typeorm', 'zod', 'fastify'].filter((name) => marked.has(name))).toEqual([]);
  });

  it('refuses an option that it does not know, in one line', () => {
    expect(sbom('--format', 'spdx')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^sbom: .+\n$/) });
  });
});
