import { readFile, writeFile } from 'node:fs/promises';
import { CommandFailed } from '@ringshop/operator';
import { asJson } from '../statistics.ts';
import type { Performance } from './performance.ts';
import { keptIn, performancePath, wrongWith } from './performance-schema.ts';

const file = new URL(`../../../../${performancePath}`, import.meta.url);

/** Benchmarks that have a place of their own in it; the yardstick's run is the document itself. */
const sections = ['scale', 'idle'] as const;

/** What is kept in docs/performance.json; nothing when there is no such file. @throws CommandFailed for what no benchmark wrote */
export async function readKept(): Promise<Partial<Performance>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? {} : keptIn(text);
}

/**
 * Puts a run into docs/performance.json, in the place of the last one of the same benchmark.
 * @returns the file's path
 * @throws CommandFailed for a run that nobody could read from there, and leaves the file as it was
 */
export async function save(benchmark: string, run: object): Promise<string> {
  const text = `${asJson(placed(await readKept(), benchmark, run))}\n`;
  const problem = wrongWith(JSON.parse(text));
  if (problem !== undefined) throw new CommandFailed(`this run is not kept, since nobody could read it: ${problem}`);
  await writeFile(file, text);
  return performancePath;
}

export function placed(kept: Partial<Performance>, benchmark: string, run: object): object {
  if (sections.some((section) => section === benchmark)) return { ...kept, [benchmark]: run };
  const beside = sections.flatMap((section) => (kept[section] ? [[section, kept[section]] as const] : []));
  return { ...run, ...Object.fromEntries(beside) };
}
