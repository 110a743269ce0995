import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { KeyRing, open, SealBroken, seal } from './key-ring.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const ring = KeyRing.parse(`old:${secret(1)}`);
const rotated = KeyRing.parse(`new:${secret(2)},old:${secret(1)}`);

test('what was sealed opens again, and never looks the same twice', () => {
  const sealed = seal(ring, 'tok_approve ✓', 'order-1');
  expect(open(ring, sealed, 'order-1')).toBe('tok_approve ✓');
  expect(sealed).not.toContain('approve');
  expect(seal(ring, 'tok_approve ✓', 'order-1')).not.toBe(sealed);
});

test('after a rotation the old text is readable and new text is under the new key', () => {
  expect(open(rotated, seal(ring, 'x', 'a'), 'a')).toBe('x');
  expect(seal(rotated, 'x', 'a')).toMatch(/^new\./);
  expect(() => open(ring, seal(rotated, 'x', 'a'), 'a')).toThrow(SealBroken);
});

test('a sealed text moved to another row does not open', () => {
  expect(() => open(ring, seal(ring, 'x', 'row-1'), 'row-2')).toThrow(SealBroken);
});

test('any altered character breaks the seal', () => {
  const sealed = seal(ring, 'a rather secret thing', 'a');
  for (let at = 0; at < sealed.length; at++) {
    const forged = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    // The last character of a base64url part can carry unused bits; only a change of bytes must be refused.
    if (bytes(forged) !== bytes(sealed)) expect(() => open(ring, forged, 'a'), `at ${at}`).toThrow(SealBroken);
  }
  expect(() => open(ring, '', 'a')).toThrow(SealBroken);
});

test('a tag cut short is refused', () => {
  const [kid, iv, text, tag] = seal(ring, 'x', 'a').split('.');
  const short = Buffer.from(tag!, 'base64url').subarray(0, 4).toString('base64url');
  expect(() => open(ring, [kid, iv, text, short].join('.'), 'a')).toThrow(SealBroken);
});

test('a ring shows no key when it is printed', () => {
  expect(JSON.stringify({ ring }) + inspect({ ring }, { depth: 9 })).not.toContain(secret(1).slice(0, 8));
  expect(inspect(ring)).toBe('[KeyRing]');
});

test.each(['', 'k1', 'k1:AAAA', `k 1:${secret(1)}`, `k1:${secret(1)},k1:${secret(2)}`])('%j is no key ring', (text) => {
  expect(() => KeyRing.parse(text)).toThrow();
});

const bytes = (sealed: string) =>
  sealed
    .split('.')
    .map((part, index) => (index === 0 ? part : Buffer.from(part, 'base64url').toString('hex')))
    .join('.');
