import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));

interface Package {
  license?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
}

/** What comes from a registry: neither this repository's own packages nor the links to them. */
function strangers(lockfile = 'package-lock.json'): [name: string, found: Package][] {
  const packages = Object.entries<Package>(json(lockfile).packages);
  return packages
    .filter(([path, { link }]) => path.includes('node_modules/') && !link)
    .map(([path, found]) => [path.split('node_modules/').at(-1)!, found]);
}

/** Each with the reason why a shop may build on it. Anything else wants a person to read it first, and a line here. */
const admittedLicences: Record<string, string> = {
  MIT: 'permissive',
  'MIT OR Apache-2.0': 'permissive',
  '(MIT OR CC0-1.0)': 'permissive',
  '0BSD': 'permissive',
  'Apache-2.0': 'permissive, with a grant of patents',
  'Apache-2.0 AND MIT': 'permissive',
  'BSD-2-Clause': 'permissive',
  'BSD-3-Clause': 'permissive',
  ISC: 'permissive',
  'BlueOak-1.0.0': 'permissive',
  'Python-2.0': 'permissive; argparse',
  'MPL-2.0': 'its own files stay open, ours are untouched; lightningcss, which only the tests load',
};

const refused = (packages: [string, Package][]) =>
  packages
    .filter(([, { license }]) => !admittedLicences[license ?? ''])
    .map(([name, { license }]) => `${name}: ${license ?? 'no licence'}`);

describe('an install from package-lock.json (acceptance 66)', () => {
  it('is the same everywhere: each package is named by the hash of its contents', () => {
    const without = strangers().filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
    expect(without.map(([name]) => name)).toEqual([]);
    expect(json('package-lock.json').lockfileVersion).toBe(3);
  });

  it('asks the registry that npm is told of, and no host that somebody once installed from', () => {
    const elsewhere = strangers().filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere.map(([name]) => name)).toEqual([]);
  });

  it('runs the install scripts that package.json lists, and no other', () => {
    const scripted = strangers().filter(([, { hasInstallScript }]) => hasInstallScript);
    expect([...new Set(scripted.map(([name]) => name))].toSorted()).toEqual(
      Object.keys(json('package.json').allowScripts).toSorted(),
    );
  });

  it('brings in packages under licences that somebody has read, and no other', () => {
    expect(refused(strangers())).toEqual([]);
    expect(
      refused([
        ['planted', { license: 'GPL-3.0-only' }],
        ['bare', {}],
      ]),
    ).toEqual(['planted: GPL-3.0-only', 'bare: no licence']);
  });
});

describe('what the benchmark compares Ringshop with', () => {
  const lockfiles = ['infra/bench/peers/package-lock.json', 'infra/bench/peers/temporal/package-lock.json'];

  it.each(lockfiles)(
    'is installed from a lockfile like ours: by hash, from the registry that npm is told of (%s)',
    (lockfile) => {
      const wrong = strangers(lockfile).filter(
        ([, { integrity, resolved }]) =>
          !/^sha512-/.test(integrity ?? '') || (resolved && !resolved.startsWith('https://registry.npmjs.org/')),
      );
      expect(strangers(lockfile).length).toBeGreaterThan(0);
      expect(wrong.map(([name]) => name)).toEqual([]);
    },
  );

  it('is not in our own lockfile, and only the server of Restate is under a licence that is not an open one', () => {
    const peers = ['@dbos-inc/', '@restatedev/', '@temporalio/'];
    const ours = strangers().filter(([name]) => peers.some((peer) => name.startsWith(peer)));
    expect(ours.map(([name]) => name)).toEqual([]);
    // Three below Temporal's SDK: data, public domain, and one that tells its licence (public domain, too) in a file only.
    const others = refused(lockfiles.flatMap((lockfile) => strangers(lockfile)));
    expect(others.filter((line) => !line.startsWith('@restatedev/restate-server'))).toEqual([
      'caniuse-lite: CC-BY-4.0',
      'fs-monkey: Unlicense',
      'unionfs: no licence',
    ]);
  });
});
