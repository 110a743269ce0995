import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...(readdirSync(join(root, 'docs'), { recursive: true }) as string[])
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page}`),
];
/** A title as a page tells it: … for what is filled in, and without the numbers that it may begin and end with in the code. */
const titleInCode = (title: string) => {
  const filledIn = '(?:\\$\\{[^}]*\\}|%[sij]|\\$[a-z]+)';
  const told = title.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', filledIn);
  return new RegExp(`['"\`](?:(?:acceptance )?\\d+: )?${told}(?: \\([^)]*\\))?['"\`]`);
};
/** As GitHub names them. */
const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

describe('the documentation is true', () => {
  it.each(pages)('every link of %s leads to a file that exists', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join(dirname(page), link!));
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  it.each(pages)('every heading that %s links to is there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const lost = links.filter(([, path, anchor]) => {
      const target = path === '' ? page : join(dirname(page), path!);
      return !headingsOf(read(target)).includes(anchor!);
    });
    expect(lost.map(([link]) => link)).toEqual([]);
  });

  it.each(pages)('every npm script that %s names exists', (page) => {
    const named = [...read(page).matchAll(/npm run (?:-s )?([a-z-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !scripts[name])).toEqual([]);
  });

  it('every table that a benchmark writes into a page stands there', () => {
    const tables = pages.flatMap((page) => [
      ...read(page).matchAll(/<!-- bench (?<bench>[a-z]+): [a-z]+ -->\n(?<table>[\s\S]*?)<!-- end -->/g),
    ]);
    expect(tables.length).toBeGreaterThan(0);
    for (const { groups } of tables) {
      expect(groups!.table!.split('\n').length).toBeGreaterThan(3);
      expect(read('infra/bench/src/benchmarks.ts')).toContain(`\n  ${groups!.bench}: `);
    }
  });

  it('every page is reached from another one', () => {
    const linked = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join(dirname(page), link!)),
    );
    expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });

  it('every test that docs/reliability.md names stands in the file that it links, by its whole name', () => {
    const rows = [
      ...read('docs/reliability.md').matchAll(/^\|.*\| \[[^\]]+\]\(\.\.\/([^)]+\.spec\.ts)\) \| (.+) \|$/gm),
    ];
    expect(rows.length).toBeGreaterThan(50);
    const missing = rows.filter(([, file, name]) => {
      const code = read(file!);
      return !name!.split(' › ').every((title) => titleInCode(title).test(code));
    });
    expect(missing.map(([line]) => line)).toEqual([]);
  });

  it('every fault of chaos has its row in docs/reliability.md', () => {
    const kinds = read('infra/chaos/src/deck.ts').match(/faultKinds = \[([^\]]+)\]/)![1]!;
    const rows = read('docs/reliability.md');
    expect([...kinds.matchAll(/'([a-z-]+)'/g)].filter(([, kind]) => !rows.includes(`| \`${kind}\` |`))).toEqual([]);
  });

  it('the reading tour is five files: ring, saga, outbox, lock, contracts', () => {
    const tour = [...read('README.md').matchAll(/^\| \d \| \[([^\]]+)\]/gm)].map(([, file]) => file!);
    expect(tour).toHaveLength(5);
    for (const [index, word] of ['ring', 'saga', 'outbox', 'lock', 'contracts'].entries())
      expect(tour[index]).toContain(word);
  });

  it('every command of package.json that starts a program names one that is built', () => {
    const programs = Object.values(scripts).flatMap((line) => [
      ...line.matchAll(/infra\/(?:run\.sh )?([a-z]+)(?:\/dist\/| )([a-z-]+)/g),
    ]);
    expect(
      programs.filter(([, folder, file]) => !existsSync(join(root, 'infra', folder!, 'src', `${file}.ts`))),
    ).toEqual([]);
  });

  it('no source file is longer than 250 lines, and no spec longer than 400', () => {
    const long: string[] = [];
    for (const parent of ['apps', 'libs/shared', 'infra'])
      for (const file of readdirSync(join(root, parent), { recursive: true }) as string[]) {
        if (!/\.(ts|mjs|js|lua)$/.test(file) || /node_modules|dist\//.test(file)) continue;
        const lines = read(join(parent, file)).split('\n').length - 1;
        if (lines > (file.includes('.spec.') ? 400 : 250)) long.push(`${parent}/${file}: ${lines}`);
      }
    expect(long).toEqual([]);
  });
});
