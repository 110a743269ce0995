import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { until } from './until.ts';

/**
 * Runs `work` while no other process runs it under the same lock file.
 * A lock whose holder has died is taken over; two that see this at once may both go on, so `work` must end in one atomic step.
 * The lock saves work; the atomic step keeps it right.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await until(() => take(file), { within: 600_000, every: 100, what: `lock ${file}` });
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    // A link appears together with its content; a file that is opened and then written can be seen empty.
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(Number(await readFile(file, 'utf8')))) await rm(file, { force: true });
    return false;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
