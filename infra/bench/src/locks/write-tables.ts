import { readFile, writeFile } from 'node:fs/promises';
import { withParts } from '@ringshop/pages';
import { markdown } from '../markdown.ts';
import type { LocksResult } from './locks-result.ts';
import { armsTable, demonstrationsTable, primitivesTable } from './locks-text.ts';

const repository = new URL('../../../../', import.meta.url);

/**
 * Puts the tables of one run into the pages that show them, between `<!-- bench locks: … -->` and `<!-- end -->`.
 * @returns those pages
 */
export async function writeTables({ arms, demonstrations, primitives }: LocksResult): Promise<string[]> {
  const pages = {
    'docs/stock.md': { modes: markdown(armsTable(arms)), mistakes: markdown(demonstrationsTable(demonstrations)) },
    'docs/adr/0009-kinds-of-lock.md': { kinds: markdown(primitivesTable(primitives)) },
  };
  for (const [page, tables] of Object.entries(pages)) await replace(page, tables);
  return Object.keys(pages);
}

async function replace(page: string, tables: Record<string, string>): Promise<void> {
  const file = new URL(page, repository);
  await writeFile(file, withParts(await readFile(file, 'utf8'), 'bench locks', tables));
}
