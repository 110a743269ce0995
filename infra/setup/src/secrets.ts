import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Key rings: `kid:key`, newest first. The first seals, all of them open. */
const names = ['PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS'];

/**
 * Writes `<dir>/secrets.env` where there is none, and never over one: what was sealed with a lost key stays sealed.
 * The file appears complete or not at all, readable by its owner only.
 */
export async function createSecrets(dir: string): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'secrets.env');
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const lines = names.map((name) => `${name}=k1:${randomBytes(32).toString('base64')}\n`);
  await writeFile(draft, lines.join(''), { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft);
  }
}
