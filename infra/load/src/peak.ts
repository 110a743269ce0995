import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDir } from '@ringshop/local';
import { CommandFailed } from '@ringshop/operator';

const file = join(defaultDir, 'load-peak.json');

/** What `ramp` measured on the system that lives here; a fresh one has not been measured. @throws CommandFailed for a broken file */
export async function knownPeak(): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : peakIn(text);
}

/** @throws CommandFailed */
export function peakIn(text: string): number {
  try {
    const { ordersPerSecond } = JSON.parse(text) as { ordersPerSecond: unknown };
    if (typeof ordersPerSecond === 'number' && ordersPerSecond > 0) return ordersPerSecond;
    throw new Error('it has no ordersPerSecond');
  } catch (cause) {
    throw new CommandFailed(`${file} tells no peak: delete it, or measure anew with npm run load -- ramp`, { cause });
  }
}

export async function rememberPeak(ordersPerSecond: number): Promise<void> {
  await mkdir(defaultDir, { recursive: true });
  await writeFile(file, `${JSON.stringify({ ordersPerSecond, at: new Date().toISOString() }, null, 2)}\n`);
}
