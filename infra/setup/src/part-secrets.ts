import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseOf } from './databases.ts';
import { replaceFile } from './replace-file.ts';
import { placementReader, type Role, rolesOf } from './roles.ts';
import type { Secrets } from './secrets.ts';

/** Which keys a kind of part may know. A new name belongs here and into `keyRings`. */
const keysOf = {
  gateway: ['INTERNAL_CALL_KEYS'],
  order: ['PAYMENT_TOKEN_KEYS', 'INTERNAL_CALL_KEYS'],
  inventory: ['INTERNAL_CALL_KEYS'],
  payment: ['PAYMENT_TOKEN_KEYS'],
};

/** What each part may know, by the name of its folder. Replicas share it. */
function knownTo(shards: string[], secrets: Secrets, urlOf: (role: Role) => string): Record<string, Secrets> {
  const keys = (kind: keyof typeof keysOf) => Object.fromEntries(keysOf[kind].map((name) => [name, secrets[name]!]));
  const roles = rolesOf(shards);
  const ownDatabase = (part: string) => ({
    DATABASE_URL: urlOf(roles.find(({ database }) => database === databaseOf(part))!),
  });
  const ofShard = (shard: string) => ({
    ...ownDatabase(shard),
    PLACEMENT_URL: urlOf(placementReader),
    ...keys('order'),
  });
  return {
    gateway: keys('gateway'),
    ...Object.fromEntries(shards.map((shard) => [shard, ofShard(shard)])),
    inventory: { ...ownDatabase('inventory'), ...keys('inventory') },
    payment: { ...ownDatabase('payment'), ...keys('payment') },
  };
}

export interface PartSecrets {
  dir: string;
  shards: string[];
  secrets: Secrets;
  /** The server as parts reach it; user, password and database are each part's own. */
  serverUrl: string;
}

/**
 * Writes `<dir>/secrets/<part>/secrets.env`: what this part may know, and all that it is shown. A folder a part and not only
 * a file, since a container that is given a single file keeps seeing the old one when it is replaced.
 */
export async function writePartSecrets({ dir, shards, secrets, serverUrl }: PartSecrets): Promise<void> {
  const urlOf = ({ name, database, password }: Role) =>
    Object.assign(new URL(serverUrl), { username: name, password: secrets[password]!, pathname: `/${database}` }).href;
  for (const [part, known] of Object.entries(knownTo(shards, secrets, urlOf))) {
    const folder = join(dir, 'secrets', part);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'secrets.env');
    const text = Object.entries(known)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await replaceFile(path, text);
  }
}
