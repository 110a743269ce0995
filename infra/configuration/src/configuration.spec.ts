import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { documents, repository } from './documents.ts';
import { parts } from './parts.ts';
import { tableOf } from './table-of.ts';
import { variablesOf } from './variables-of.ts';

const read = (path: string) => readFileSync(new URL(path, repository), 'utf8');
const each = Object.entries(parts).map(([kind, { schema }]) => [kind, variablesOf(schema)] as const);

it('docs/configuration.md and the lists say what the schemas say: else run `npm run docs`', async () => {
  for (const [path, text] of await documents()) expect(read(path), path).toBe(text);
});

it.each(each)('every variable of %s says what it is for', (_, variables) => {
  expect(variables.filter(({ description }) => description.length < 10)).toEqual([]);
});

it.each(each)('%s starts without any setting, and says what else it has', (_, variables) => {
  expect(variables.filter(({ kind, required }) => kind === 'setting' && required)).toEqual([]);
  // By their names alone: whoever adds one as a setting has forgotten to say that it is none.
  const telling = variables.filter(({ name }) =>
    /(_URLS?|_KEYS|_FILE|_DIR|HOST|PORT|BROKERS|^NAME|^SHARDS?)$/.test(name),
  );
  expect(telling.filter(({ kind }) => kind === 'setting').map(({ name }) => name)).toEqual([]);
});

it('a variable is of one kind, whichever part has it', () => {
  const kinds = Map.groupBy(
    each.flatMap(([, variables]) => variables),
    ({ name }) => name,
  );
  for (const [name, found] of kinds) expect(new Set(found.map(({ kind }) => kind)).size, name).toBe(1);
});

it("docs/configuration.md names what operators' commands read", () => {
  const page = read('docs/configuration.md');
  const named = ['system', 'keys'].flatMap((file) => [
    ...read(`infra/operator/src/${file}.ts`).matchAll(/env\.(RINGSHOP_[A-Z_]+)/g),
  ]);
  expect(named.length).toBeGreaterThan(6);
  expect(named.filter(([, name]) => !page.includes(`\`${name}\``))).toEqual([]);
});

it('a table tells defaults, choices and what has to be given', () => {
  const schema = z.object({
    KEEP_MS: z.int().default(1_209_600_000).describe('How long.'),
    MODE: z.enum(['a', 'b']).default('a').describe('How.'),
    URLS: z.string().meta({ kind: 'wiring' }).describe('`url|url`.'),
    KEY: z.string().meta({ kind: 'secret' }).optional().describe('Opens.'),
    PROXIES: z.array(z.string()).default([]).describe('Whose.'),
  });
  expect(tableOf(variablesOf(schema)).split('\n').slice(2)).toEqual([
    '| `URLS` | wiring | **required** | `url\\|url`. |',
    '| `KEY` | secret | none | Opens. |',
    '| `KEEP_MS` | setting | `1209600000` (14 days) | How long. |',
    '| `MODE` | setting | `a` | How. One of `a`, `b`. |',
    '| `PROXIES` | setting | none | Whose. |',
  ]);
});

it('a kind that nobody knows is no setting by accident', () => {
  expect(() => variablesOf(z.object({ KEY: z.string().meta({ kind: 'secert' }) }))).toThrow('KEY is of no kind');
});
