import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);

export interface ProcessEntry {
  name: string;
  pid: number;
  /** Tells this process from a later one that got the same pid. */
  identity: string;
  stopSignal: NodeJS.Signals;
}

/**
 * What a process is, beyond its pid: the boot it belongs to and the tick at which it began; elsewhere than on Linux the second and
 * the command. The command line would not do: Redis and Postgres rewrite theirs. Undefined for one that is gone or only a zombie.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const seen = await run('ps', ['-o', 'stat=,lstart=,comm=', '-p', String(pid)]).catch(() => undefined);
    const [state, ...rest] = seen?.stdout.trim().split(/\s+/) ?? [];
    return state === undefined || state.startsWith('Z') ? undefined : rest.join(' ');
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in brackets and may hold anything; count from its end.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return `${boot}/${fields[19]}`;
}

/** Whether the process that was written down still runs. */
export async function stillRuns({ pid, identity }: Pick<ProcessEntry, 'pid' | 'identity'>): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/** Writes a running process down in `folder`, so that somebody can end it should we be killed. */
export async function writeDown(folder: string, name: string, pid: number, stopSignal: NodeJS.Signals = 'SIGTERM') {
  const identity = await processIdentity(pid);
  if (identity === undefined) return;
  await mkdir(folder, { recursive: true });
  const entry: ProcessEntry = { name, pid, identity, stopSignal };
  const file = join(folder, `${pid}.json`);
  await writeFile(`${file}.new`, JSON.stringify(entry));
  await rename(`${file}.new`, file);
}

export async function strikeOut(folder: string, pid: number): Promise<void> {
  await rm(join(folder, `${pid}.json`), { force: true });
}

export async function writtenDown(folder: string): Promise<ProcessEntry[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as ProcessEntry));
}

/** Ends every process written down in `folder` that still runs, and returns their names. Never goes by name, only by identity. */
export async function clearLeftovers(folder: string): Promise<string[]> {
  const entries = await writtenDown(folder);
  const running = [];
  for (const entry of entries) if (await stillRuns(entry)) running.push(entry);
  for (const entry of running) send(entry.pid, entry.stopSignal, 'SIGCONT');
  await Promise.all(running.map(end));
  for (const { pid } of entries) await strikeOut(folder, pid);
  return running.map(({ name }) => name);
}

async function end(entry: ProcessEntry): Promise<void> {
  const gone = async () => !(await stillRuns(entry));
  const what = `the end of ${entry.name} (pid ${entry.pid})`;
  try {
    await until(gone, { within: 8_000, what });
  } catch {
    send(entry.pid, 'SIGKILL');
    await until(gone, { within: 5_000, what });
  }
}

function send(pid: number, ...signals: NodeJS.Signals[]): void {
  for (const signal of signals) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
