/**
 * Puts generated parts into a page, each between `<!-- <kind>: <name> -->` and `<!-- end -->`.
 * @throws Error when the page has no place for one
 */
export function withParts(text: string, kind: string, parts: Record<string, string>): string {
  return Object.entries(parts).reduce((page, [name, part]) => {
    const begin = `<!-- ${kind}: ${name} -->\n`;
    const from = page.indexOf(begin);
    const to = page.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`a page has no place for the table "${name}"`);
    return `${page.slice(0, from + begin.length)}${part}\n${page.slice(to)}`;
  }, text);
}
