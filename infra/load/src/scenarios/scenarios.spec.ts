import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scenarios } from './index.ts';

const folder = new URL('../../k6/', import.meta.url);
const scripts = readdirSync(folder).filter((file) => file !== 'shop.js');
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

it('has a script for each scenario, and a scenario for each script', () => {
  expect(scripts.map((file) => file.replace('.js', '')).toSorted()).toEqual(Object.keys(scenarios).toSorted());
});

it.each(scripts)('%s shares what all scenarios share, takes nothing from the net, and comes at a rate', (file) => {
  const imports = [...read(file).matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
  expect(imports).toContain('./shop.js');
  expect(imports.filter((from) => from !== './shop.js' && !/^k6(\/|$)/.test(from))).toEqual([]);
  expect(read(file)).toMatch(/\b(stages|arrivals)\(/);
});

it.each(Object.entries(scenarios))('%s counts latencies from where its report says', (name, { fromPost = false }) => {
  expect(read(`${name}.js`).includes('fromDue: false')).toBe(fromPost);
});

it.each(Object.keys(scenarios))('docs/load.md has a row for %s', (name) => {
  expect(readFileSync(new URL('../../docs/load.md', new URL('../', folder)), 'utf8')).toContain(`| \`${name}\` |`);
});
