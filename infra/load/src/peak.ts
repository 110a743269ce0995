import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDir } from '@ringshop/local';

const file = join(defaultDir, 'load-peak.json');

/** What `ramp` measured on the system that lives here; a fresh one has not been measured. */
export async function knownPeak(): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as { ordersPerSecond: number }).ordersPerSecond;
}

export async function rememberPeak(ordersPerSecond: number): Promise<void> {
  await mkdir(defaultDir, { recursive: true });
  await writeFile(file, `${JSON.stringify({ ordersPerSecond, at: new Date().toISOString() }, null, 2)}\n`);
}
