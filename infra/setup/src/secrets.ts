import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { replaceFile } from './replace-file.ts';

export type Secrets = Record<string, string>;

/** Key rings: `kid:key`, newest first. The first seals or signs, all of them open or verify. */
const keyRings = ['PAYMENT_TOKEN_KEYS', 'INTERNAL_CALL_KEYS'];

const newKeyRing = () => `k1:${randomBytes(32).toString('base64')}`;

/** Needs no escaping in a URL. */
const newPassword = () => randomBytes(24).toString('base64url');

/**
 * Adds to `<dir>/secrets.env` what it lacks, and never changes what is there: what was sealed with a lost key stays sealed.
 * Two of it at once would each make up a value: the caller's lock keeps them apart.
 */
export async function addMissingSecrets(
  dir: string,
  passwords: string[],
): Promise<{ secrets: Secrets; added: string[] }> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'secrets.env');
  const text = await readFile(path, 'utf8').catch(emptyWhereMissing);
  const there = parseEnv(text) as Secrets;
  const made = [
    ...keyRings.map((name) => [name, newKeyRing()] as const),
    ...passwords.map((name) => [name, newPassword()] as const),
  ].filter(([name]) => !there[name]);
  if (made.length > 0) {
    const kept = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    await replaceFile(path, kept + made.map(([name, value]) => `${name}=${value}\n`).join(''));
  }
  return { secrets: { ...there, ...Object.fromEntries(made) }, added: made.map(([name]) => name) };
}

/** Takes a line out again that has a file of its own by now: a key that is retired there must not lie here for ever. */
export async function takeOutSecret(dir: string, name: string): Promise<void> {
  const path = join(dir, 'secrets.env');
  const text = await readFile(path, 'utf8');
  await replaceFile(path, text.replace(new RegExp(`^${name}=.*\n?`, 'm'), ''));
}

function emptyWhereMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
