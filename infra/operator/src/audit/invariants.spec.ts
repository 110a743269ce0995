import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { invariants } from './invariants.ts';

const page = readFileSync(new URL('../../../../docs/reliability.md', import.meta.url), 'utf8');

it('docs/reliability.md lists every invariant, in its own words', () => {
  const listed = [...page.matchAll(/^\| (I\d+) \| (.+) \| \[(i\d+)-/gm)].map(([, id, title]) => ({ id, title }));
  expect(listed).toEqual(invariants.map(({ id, title }) => ({ id, title })));
});
