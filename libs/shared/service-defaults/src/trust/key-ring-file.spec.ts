import { mkdtempSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createLogger } from '../runtime/logger.ts';
import { KeyRing, open, seal } from './key-ring.ts';
import { KeyRingFile } from './key-ring-file.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const path = join(mkdtempSync(join(tmpdir(), 'ringshop-')), 'keys');
let lines: { level: string; msg: string }[];
let ring: KeyRing;
let file: KeyRingFile;

beforeEach(() => {
  lines = [];
  ring = KeyRing.parse(`k1:${secret(1)}`);
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) });
  file = new KeyRingFile({ ring, name: 'SOME_KEYS', path, logger });
});

async function write(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  await file.read();
}

test('a new key in the file opens and then seals, for whoever holds the ring', async () => {
  const old = seal(ring, 'x', 'a');
  await write(`k1:${secret(1)},k2:${secret(2)}\n`);
  expect([ring.first, ring.kids]).toEqual(['k1', ['k1', 'k2']]);
  await write(`k2:${secret(2)},k1:${secret(1)}\n`);
  expect([seal(ring, 'x', 'a').slice(0, 3), open(ring, old, 'a')]).toEqual(['k2.', 'x']);
  expect(lines.map(({ msg }) => msg)).toEqual(['the keys have changed', 'the keys have changed']);
});

test.each([
  ['no ring', 'k1:geheim'],
  ['empty', ''],
  ['one that gives another key to a known id', `k2:${secret(2)},k1:${secret(9)}`],
])('a file that is %s leaves the ring as it is, and is told once and without a word of it', async (_what, text) => {
  await write(text);
  await write(text);
  expect(ring.kids).toEqual(['k1']);
  expect(lines.map(({ level }) => level)).toEqual(['error']);
  expect(JSON.stringify(lines)).not.toMatch(/geheim|CQkJ|AgIC/);
  await write(`k1:${secret(1)},k2:${secret(2)}`);
  expect(ring.kids).toEqual(['k1', 'k2']);
});
