import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { lintSource } from '@secretlint/core';
import { creator as recommended } from '@secretlint/secretlint-rule-preset-recommend';
import { beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
let files: string[];

/**
 * Passwords, tokens and private keys in the shapes that are known, and a key of one of our own rings. What is good for the local
 * system alone is marked where it stands, with `secretlint-disable-line`: to be read by whoever reads the line.
 */
async function secretsIn(file: string, content: string): Promise<string[]> {
  const { messages } = await lintSource({
    source: { filePath: `${root}${file}`, content, contentType: 'text', ext: file.slice(file.lastIndexOf('.')) },
    options: { config: { rules: [{ id: 'recommended', rule: recommended }] }, maskSecrets: true },
  });
  const known = messages.map(({ loc, message }) => `${file}:${loc.start.line} ${message}`);
  const keys = /\bk\d+:[A-Za-z0-9+/]{43}=/.test(content) ? [`${file}: a key of a key ring`] : [];
  return [...known, ...keys];
}

/** In a checkout what is committed, or is about to be; without Git there is nothing to tell ours from what was installed. */
beforeAll(async () => {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ':!package-lock.json'];
  const { stdout } = await promisify(execFile)('git', args, { cwd: root, maxBuffer: 64 << 20 });
  files = stdout.split('\0').filter(Boolean);
});

describe('the repository', () => {
  it('holds no secret but what is marked as good for this machine alone', async () => {
    expect(files.length).toBeGreaterThan(300);
    const found: string[] = [];
    for (const file of files) {
      const content = await readFile(`${root}${file}`, 'utf8').catch(() => '');
      found.push(...(await secretsIn(file, content)));
    }
    expect(found).toEqual([]);
  });

  it.each([
    [
      'the password of a database',
      `DATABASE_URL=postgres://shop:${randomBytes(12).toString('hex')}@db.example.org/shop`,
    ],
    ['a token of GitHub', `token = "ghp_${randomBytes(18).toString('hex')}"`],
    [
      'a private key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
    ['a key of a key ring', `PAYMENT_TOKEN_KEYS=k1:${randomBytes(32).toString('base64')}`],
  ])('would be caught with %s in it', async (_, content) => {
    expect(await secretsIn('planted.env', content)).toHaveLength(1);
  });
});
