import { readFile } from 'node:fs/promises';
import type { PartKind } from './status.ts';

const kinds = ['gateway', 'order', 'inventory', 'payment', 'simulators'] as const satisfies PartKind[];

/** Environment for each kind of part. */
export type Settings = Record<(typeof kinds)[number], Record<string, string>>;

/**
 * What the environment sets for each kind of part, by the lists that Compose reads too. The rest of it stays outside: a stray
 * DATABASE_URL must not point a service elsewhere. It is for `npm start`: a test or a benchmark sets what it wants itself.
 */
export async function settingsFrom(env: NodeJS.ProcessEnv): Promise<Settings> {
  const each = kinds.map(async (kind) => [kind, valuesOf(await settingsOf(kind), env)] as const);
  return Object.fromEntries(await Promise.all(each)) as Settings;
}

/** The names of all settings of a kind of part; `npm run docs` writes them from its schema. */
async function settingsOf(kind: string): Promise<string[]> {
  const list = await readFile(new URL(`../../configuration/${kind}.env`, import.meta.url), 'utf8');
  return list.match(/^[A-Z0-9_]+$/gm) ?? [];
}

function valuesOf(names: string[], env: NodeJS.ProcessEnv): Record<string, string> {
  const given = names.map((name) => [name, env[name]] as const).filter(([, value]) => value);
  return Object.fromEntries(given) as Record<string, string>;
}
