import { readFile, writeFile } from 'node:fs/promises';
import { markdown, withParts } from '../markdown.ts';
import type { LocksResult } from './locks-result.ts';
import { armsTable, demonstrationsTable, primitivesTable } from './locks-text.ts';

const docs = new URL('../../../../docs/', import.meta.url);

/** Puts the tables of one run into the pages that show them, between `<!-- bench locks: … -->` and `<!-- end -->`. */
export async function writeTables({ arms, demonstrations, primitives }: LocksResult): Promise<void> {
  await replace('stock.md', {
    modes: markdown(armsTable(arms)),
    mistakes: markdown(demonstrationsTable(demonstrations)),
  });
  await replace('adr/0009-kinds-of-lock.md', { kinds: markdown(primitivesTable(primitives)) });
}

async function replace(page: string, tables: Record<string, string>): Promise<void> {
  const file = new URL(page, docs);
  await writeFile(file, withParts(await readFile(file, 'utf8'), 'bench locks', tables));
}
