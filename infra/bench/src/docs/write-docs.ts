import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { withParts } from '@ringshop/pages';
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
import { readKept } from './save.ts';
import { scalingParts } from './scaling-parts.ts';

const repository = new URL('../../../../', import.meta.url);
const kind = 'bench';

/** What the documents say with these numbers: path below the repository → text. */
export async function documents(): Promise<Map<string, string>> {
  const kept = await readKept();
  const performance = isMeasured(kept) ? kept : undefined;
  const parts = performance ? measured(performance) : unmeasured;
  const charts = Object.entries(performance ? performanceCharts(performance) : {});
  return new Map([
    await page('docs/performance.md', parts.performance),
    await scalingPage(kept),
    await page('README.md', parts.readme),
    ...charts.map(([name, svg]) => [`docs/charts/${name}`, `${svg}\n`] as const),
  ]);
}

const isMeasured = (kept: Partial<Performance>): kept is Performance => kept.arms !== undefined;

const measured = (performance: Performance) => ({
  performance: {
    run: runText(performance),
    goals: goalsTable(performance),
    arms: armsTable(performance),
    parts: partsTable(performance),
    cells: cellsTable(performance),
    settings: settingsText(performance),
  },
  readme: { numbers: readmeTable(performance) },
});

const notYet = '*Not measured yet: `npm run bench -- --save`.*';
const unmeasured: ReturnType<typeof measured> = {
  performance: { run: notYet, goals: notYet, arms: notYet, parts: notYet, cells: notYet, settings: notYet },
  readme: { numbers: notYet },
};

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
