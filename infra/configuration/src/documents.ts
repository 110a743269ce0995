import { readFile } from 'node:fs/promises';
import { withParts } from '@ringshop/pages';
import { parts, services } from './parts.ts';
import { tableOf } from './table-of.ts';
import { variablesOf } from './variables-of.ts';

export const repository = new URL('../../../', import.meta.url);

/** What the schemas have these files say: path below the repository → text. */
export async function documents(): Promise<Map<string, string>> {
  const lists = Object.keys(services).map((kind) => [`infra/configuration/${kind}.env`, listOf(kind)] as const);
  return new Map([...lists, ['docs/configuration.md', await reference('docs/configuration.md')]]);
}

/** The names of a part's settings, without values: as Compose takes an `env_file`, and `npm start` too. */
function listOf(kind: string): string {
  const { schema, file } = services[kind]!;
  const settings = variablesOf(schema).filter((variable) => variable.kind === 'setting');
  const head = [
    '# What may be set by whoever starts the system, with npm start or Docker Compose: docs/configuration.md says what it is for.',
    `# Written by npm run docs from ${file}.`,
  ];
  return [...head, ...settings.map(({ name }) => name), ''].join('\n');
}

/** @throws where the page has no place for a part */
async function reference(path: string): Promise<string> {
  const tables = Object.entries(parts).map(([kind, { schema }]) => [kind, tableOf(variablesOf(schema))]);
  return withParts(await readFile(new URL(path, repository), 'utf8'), 'variables', Object.fromEntries(tables));
}
