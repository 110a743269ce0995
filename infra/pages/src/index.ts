export { plainTable } from './plain-table.ts';
export { withParts } from './with-parts.ts';
