import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { startReady } from '@ringshop/servers';
import { lastWords, nodeProcess } from './node-process.ts';
import { Refused, type SystemOptions } from './options.ts';
import type { PartSpec } from './part.ts';
import type { PlannedApp } from './plan.ts';
import { isReady } from './probes.ts';

/** Which keys a kind of app may see. */
const secretsOf: Record<string, string[]> = {
  gateway: ['INTERNAL_CALL_KEYS'],
  order: ['INTERNAL_CALL_KEYS', 'PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS'],
  inventory: ['INTERNAL_CALL_KEYS'],
  payment: ['PAYMENT_TOKEN_KEYS'],
};

/** A planned app as a part. Environment, later over earlier: the plan, keys, the options' for its kind and name, the start's. */
export function appPart({ name, kind, url, folder, env }: PlannedApp, options: SystemOptions): PartSpec {
  const { dir, env: more = {} } = options;
  return {
    name,
    kind,
    url,
    start: async (now, signal) => {
      const keys = await secrets(dir, secretsOf[kind] ?? []);
      const process = nodeProcess({
        name,
        folder,
        dir,
        env: { ...env, ...keys, ...more[kind], ...more[name], ...now },
      });
      try {
        return await startReady({ ...process, isReady: () => isReady(url), readyWithin: 120_000, signal });
      } catch (cause) {
        if (signal.aborted) throw cause;
        const why = (await lastWords(dir, name)) || (cause as Error).message;
        throw new Refused(`${name} did not start: ${why}`, { cause });
      }
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
