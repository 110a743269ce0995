import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in ticks of 1/100 s on every architecture we run on (`getconf CLK_TCK`). */
const msPerTick = 10;

interface Process {
  parent: number;
  /** CPU of the process itself and of the children it has already buried, in ms. */
  ms: number;
}

/**
 * CPU that a process and everything below it have used so far, in ms, from the kernel's own accounting.
 * The buried children count too: PostgreSQL's backends come and go.
 */
export function cpuMsOf(pid: number, processes = readProcesses()): number {
  const own = processes.get(pid);
  if (!own) return 0;
  let sum = own.ms;
  for (const [child, { parent }] of processes) if (parent === pid) sum += cpuMsOf(child, processes);
  return sum;
}

/** A process and everything below it. */
export function pidsBelow(pid: number, processes = readProcesses()): number[] {
  const children = [...processes].filter(([, { parent }]) => parent === pid);
  return [pid, ...children.flatMap(([child]) => pidsBelow(child, processes))];
}

/**
 * CPU that the threads of one process have used so far, in µs: without its children, but a thousand times finer than ticks. What
 * threads used that have ended is not in it, so take the difference over a time in which none ends.
 */
export function threadsCpuUsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const ns = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1_000;
}

/** One reading for many parts: part name → ms so far. */
export function cpuMsByPart(pids: Record<string, number>): Record<string, number> {
  const processes = readProcesses();
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid, processes)]));
}

function readProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    if (stat) processes.set(Number(name), stat);
  }
  return processes;
}

function readStat(pid: string): Process | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // It ended between the listing and the reading.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  // The command's name may hold spaces and brackets: the fields start behind its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  return { parent: Number(fields[1]), ms: (utime + stime + cutime + cstime) * msPerTick };
}
