import { readFile, writeFile } from 'node:fs/promises';
import { CommandFailed } from '@ringshop/operator';
import type { LocksResult } from './locks-result.ts';
import { armsTable, demonstrationsTable, markdown, primitivesTable } from './locks-text.ts';

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
  await writeFile(file, withTables(await readFile(file, 'utf8'), tables));
}

/** @throws CommandFailed when the page has no place for a table */
export function withTables(text: string, tables: Record<string, string>): string {
  return Object.entries(tables).reduce((page, [name, table]) => {
    const begin = `<!-- bench locks: ${name} -->\n`;
    const from = page.indexOf(begin);
    const to = page.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new CommandFailed(`a page has no place for the table "${name}"`);
    return `${page.slice(0, from + begin.length)}${table}\n${page.slice(to)}`;
  }, text);
}
