import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { lastWords, startNode } from './node-process.ts';
import type { SystemOptions } from './options.ts';
import type { PartSpec } from './part.ts';
import type { PlannedApp } from './plan.ts';
import { isReady } from './probes.ts';

/** Which keys a kind of app may see. */
const secretsOf: Record<string, string[]> = {
  order: ['PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS'],
  payment: ['PAYMENT_TOKEN_KEYS'],
};

/** A planned app as a part. Environment, later over earlier: the plan, keys, the options' for its kind and name, the start's. */
export function appPart({ name, kind, url, folder, env }: PlannedApp, options: SystemOptions): PartSpec {
  const { dir, env: more = {} } = options;
  return {
    name,
    kind,
    url,
    start: async (now) => {
      const keys = await secrets(dir, secretsOf[kind] ?? []);
      return startNode({ name, folder, dir, env: { ...env, ...keys, ...more[kind], ...more[name], ...now } });
    },
    probe: () => isReady(url),
    lastWords: () => lastWords(dir, name),
  };
}

async function secrets(dir: string, names: string[]): Promise<Record<string, string>> {
  if (names.length === 0) return {};
  const all = parseEnv(await readFile(join(dir, 'secrets.env'), 'utf8'));
  return Object.fromEntries(names.map((name) => [name, all[name] ?? '']));
}
