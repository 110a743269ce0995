import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { CommandFailed } from '@ringshop/operator';
import { withParts } from '../markdown.ts';
import type { Performance } from './performance.ts';
import { performanceCharts } from './performance-charts.ts';
import {
  armsTable,
  cellsTable,
  goalsTable,
  partsTable,
  readmeTable,
  runText,
  settingsText,
} from './performance-tables.ts';

const repository = new URL('../../../../', import.meta.url);
const kind = 'bench';

/** What the documents say with these numbers: path below the repository → text. */
export async function documents(): Promise<Map<string, string>> {
  const performance = await readPerformance();
  const page = async (path: string, parts: Record<string, string>) =>
    [path, withParts(await readFile(new URL(path, repository), 'utf8'), kind, parts)] as const;
  const charts = Object.entries(performanceCharts(performance));
  return new Map([
    await page('docs/performance.md', {
      run: runText(performance),
      goals: goalsTable(performance),
      arms: armsTable(performance),
      parts: partsTable(performance),
      cells: cellsTable(performance),
      settings: settingsText(performance),
    }),
    await page('README.md', { numbers: readmeTable(performance) }),
    ...charts.map(([name, svg]) => [`docs/charts/${name}`, `${svg}\n`] as const),
  ]);
}

/** @returns the files that were written */
export async function writeDocs(): Promise<string[]> {
  const written = await documents();
  await mkdir(new URL('docs/charts/', repository), { recursive: true });
  for (const [path, text] of written) await writeFile(new URL(path, repository), text);
  return [...written.keys()];
}

async function readPerformance(): Promise<Performance> {
  const path = 'docs/performance.json';
  const text = await readFile(new URL(path, repository), 'utf8').catch((cause) => {
    throw new CommandFailed(`there is no ${path}: npm run -s bench -- --json > ${path}`, { cause });
  });
  try {
    return JSON.parse(text) as Performance;
  } catch (cause) {
    throw new CommandFailed(`${path} is not what a benchmark printed`, { cause });
  }
}
