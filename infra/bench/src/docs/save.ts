import { readFile, writeFile } from 'node:fs/promises';
import { CommandFailed } from '@ringshop/operator';
import type { Performance } from './performance.ts';

export const performancePath = 'docs/performance.json';
const file = new URL(`../../../../${performancePath}`, import.meta.url);

/** Benchmarks that have a place of their own in it; the yardstick's run is the document itself. */
const sections = ['scale', 'idle'] as const;

/** What is kept there; nothing when there is no such file. */
export async function readKept(): Promise<Partial<Performance>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return parsed(text);
}

/** Puts a run into docs/performance.json, in the place of the last one of the same benchmark. @returns the file's path */
export async function save(benchmark: string, run: object): Promise<string> {
  await writeFile(file, `${JSON.stringify(placed(await readKept(), benchmark, run), null, 2)}\n`);
  return performancePath;
}

export function placed(kept: Partial<Performance>, benchmark: string, run: object): object {
  if (sections.some((section) => section === benchmark)) return { ...kept, [benchmark]: run };
  const beside = sections.flatMap((section) => (kept[section] ? [[section, kept[section]] as const] : []));
  return { ...run, ...Object.fromEntries(beside) };
}

/** @throws CommandFailed for what no benchmark wrote */
function parsed(text: string): Partial<Performance> {
  try {
    return JSON.parse(text) as Partial<Performance>;
  } catch (cause) {
    throw new CommandFailed(`${performancePath} is not what a benchmark printed`, { cause });
  }
}
