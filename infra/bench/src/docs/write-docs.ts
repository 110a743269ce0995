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
import { performancePath, readKept } from './save.ts';
import { scalingParts } from './scaling-parts.ts';

const repository = new URL('../../../../', import.meta.url);
const kind = 'bench';

/** What the documents say with these numbers: path below the repository → text. */
export async function documents(): Promise<Map<string, string>> {
  const performance = await readPerformance();
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
    await scalingPage(performance),
    await page('README.md', { numbers: readmeTable(performance) }),
    ...charts.map(([name, svg]) => [`docs/charts/${name}`, `${svg}\n`] as const),
  ]);
}

/** It says of what has not been measured that it has not. */
export const scalingPage = (performance: Partial<Performance>) => page('docs/scaling.md', scalingParts(performance));

async function page(path: string, parts: Record<string, string>) {
  return [path, withParts(await readFile(new URL(path, repository), 'utf8'), kind, parts)] as const;
}

/** @returns the files that were written */
export async function writeDocs(): Promise<string[]> {
  const written = await documents();
  await mkdir(new URL('docs/charts/', repository), { recursive: true });
  for (const [path, text] of written) await writeFile(new URL(path, repository), text);
  return [...written.keys()];
}

async function readPerformance(): Promise<Performance> {
  const kept = await readKept();
  if (!kept.arms) throw new CommandFailed(`${performancePath} has no run of the yardstick: npm run bench -- --save`);
  return kept as Performance;
}
