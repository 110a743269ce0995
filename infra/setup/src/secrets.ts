import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** Key rings: `kid:key`, newest first. The first seals or signs, all of them open or verify. */
const names = ['INTERNAL_CALL_KEYS', 'PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS'];

/**
 * Adds to `<dir>/secrets.env` what it lacks, and never changes what it has: what was sealed with a lost key stays sealed.
 * The file appears complete or as it was, readable by its owner only. One run at a time.
 * @returns the names of the new keys
 */
export async function createSecrets(dir: string): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'secrets.env');
  const before = await existing(path);
  const has = parseEnv(before);
  const missing = names.filter((name) => !has[name]);
  if (missing.length === 0) return [];
  const lines = missing.map((name) => `${name}=k1:${randomBytes(32).toString('base64')}\n`);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, before + (before === '' || before.endsWith('\n') ? '' : '\n') + lines.join(''), {
    mode: 0o600,
    flush: true,
  });
  await rename(draft, path);
  return missing;
}

async function existing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
