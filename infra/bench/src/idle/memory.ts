import { readFileSync } from 'node:fs';
import { pidsBelow } from '../cpu.ts';

export interface Memory {
  /** What a process has in memory, summed: what several share counts for each of them. */
  rssMb: number;
  /** The same with shared pages divided between those who share them: this adds up. */
  pssMb: number;
}

/** Of a process and everything below it, as the kernel accounts for it. */
export function memoryOf(pid: number): Memory {
  const all = pidsBelow(pid).map(readRollup);
  const mb = (of: 'rss' | 'pss') => Math.round(all.reduce((sum, each) => sum + each[of], 0) / 1_024);
  return { rssMb: mb('rss'), pssMb: mb('pss') };
}

function readRollup(pid: number): { rss: number; pss: number } {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch (error) {
    // It ended between the listing and the reading.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return { rss: 0, pss: 0 };
    throw error;
  }
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return { rss: kb('Rss'), pss: kb('Pss') };
}
