import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';
import type { Secrets } from './secrets.ts';

/** Which keys a kind of part may know. A new name belongs here and into `keyRings`. */
const known = {
  gateway: ['INTERNAL_CALL_KEYS'],
  order: ['PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS', 'INTERNAL_CALL_KEYS'],
  inventory: ['INTERNAL_CALL_KEYS'],
  payment: ['PAYMENT_TOKEN_KEYS'],
};

/** A folder for each shard and for each other kind that has something to hide; replicas share it. */
function partsOf(shards: string[]): [part: string, names: string[]][] {
  const { order, ...others } = known;
  return [...shards.map((shard): [string, string[]] => [shard, order]), ...Object.entries(others)];
}

/**
 * Writes `<dir>/secrets/<part>/secrets.env`: what this part may know, and all that it is shown. A folder a part and not only
 * a file, since a container that is given a single file keeps seeing the old one when it is replaced.
 */
export async function writePartSecrets(dir: string, shards: string[], secrets: Secrets): Promise<void> {
  for (const [part, names] of partsOf(shards)) {
    const folder = join(dir, 'secrets', part);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'secrets.env');
    const text = names.map((name) => `${name}=${secrets[name]}\n`).join('');
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await replaceFile(path, text);
  }
}
