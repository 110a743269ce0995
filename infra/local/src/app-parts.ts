import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { startReady } from '@ringshop/servers';
import { lastWords, nodeProcess } from './node-process.ts';
import { Refused, type SystemOptions } from './options.ts';
import type { PartSpec } from './part.ts';
import type { PlannedApp } from './plan.ts';
import { isReady } from './probes.ts';

/** A planned app as a part. Environment, later over earlier: the plan, secrets, the options' for its kind and name, the start's. */
export function appPart({ name, kind, url, folder, env, secrets }: PlannedApp, options: SystemOptions): PartSpec {
  const { dir, env: more = {} } = options;
  return {
    name,
    kind,
    url,
    start: async (now, signal) => {
      const hidden = secrets ? await secretsOf(dir, secrets) : {};
      const process = nodeProcess({
        name,
        folder,
        dir,
        env: { ...env, ...hidden, ...more[kind], ...more[name], ...now },
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

/** What setup wrote for this part, which is all that it may know. */
async function secretsOf(dir: string, part: string): Promise<Record<string, string>> {
  const text = await readFile(join(dir, 'secrets', part, 'secrets.env'), 'utf8');
  return parseEnv(text) as Record<string, string>;
}
