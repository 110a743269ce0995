import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { documents } from './write-docs.ts';

it('README, docs/performance.md and its charts say what docs/performance.json says: else run `npm run bench -- docs`', async () => {
  for (const [path, text] of await documents()) {
    const written = await readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');
    expect(written, path).toBe(text);
  }
});
