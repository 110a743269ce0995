import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept: they outlive a checkout. */
export async function cacheFolder(): Promise<string> {
  const home = process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? tmpdir(), '.cache');
  const folder = join(home, 'ringshop');
  await mkdir(folder, { recursive: true });
  return folder;
}
