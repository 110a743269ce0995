import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { registry } from '../runtime/metrics.ts';
import { KeyRing } from './key-ring.ts';
import { Principals, principalLifetimeMs, signPrincipal } from './principal.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const ring = KeyRing.parse(`k1:${secret(1)}`);
const ada = { subject: '0198f0a0-0000-4000-8000-00000000000a', role: 'customer' } as const;
const start = Date.now();
const asked = (said: string | string[] | undefined) => ({ headers: { 'x-principal': said } }) as never;

test('each reason to refuse is told from 0, so that the first one is an increase', async () => {
  new Principals(ring);
  const { values } = await registry.getSingleMetric('ringshop_principals_refused_total')!.get();
  expect(values.map(({ labels, value }) => `${labels.why} ${value}`)).toEqual([
    'missing 0',
    'expired 0',
    'unknown-key 0',
    'forged 0',
  ]);
});

test('what the gateway says is believed, and the role makes the operator', () => {
  const principals = new Principals(ring);
  const operator = asked(signPrincipal(ring, { ...ada, role: 'operator' }));
  for (const _again of [1, 2]) {
    expect(principals.of(asked(signPrincipal(ring, ada)))).toMatchObject(ada);
    expect(principals.operator(operator)).toMatchObject({ subject: ada.subject, role: 'operator' });
  }
  expect(() => principals.operator(asked(signPrincipal(ring, ada)))).toThrow(
    expect.objectContaining({ code: 'forbidden' }),
  );
});

test('any altered character is refused: subject, role, time, key or signature', () => {
  const principals = new Principals(ring);
  const said = signPrincipal(ring, ada);
  for (let at = 0; at < said.length - 1; at++) {
    const forged = said.slice(0, at) + (said[at] === '1' ? '2' : '1') + said.slice(at + 1);
    expect(() => principals.of(asked(forged)), `at ${at}`).toThrow(expect.objectContaining({ status: 401 }));
  }
  expect(() => principals.of(asked(said.replace('customer', 'operator')))).toThrow();
});

const text = `k1.operator.${ada.subject}.${start + 60_000}`;
const hmac = (key: Buffer | string, prefix = 'ringshop principal ') =>
  `${text}.${createHmac('sha256', key)
    .update(prefix + text)
    .digest('base64url')}`;
test.each([
  ['nothing', undefined],
  ['an empty one', ''],
  ['two of them', [hmac(Buffer.alloc(32, 1)), hmac(Buffer.alloc(32, 1))]],
  ['a bare subject', ada.subject],
  ['no signature', text],
  ['an empty signature', `${text}.`],
  ['a signature cut short', hmac(Buffer.alloc(32, 1)).slice(0, -8)],
  ['another key of the same name', hmac(Buffer.alloc(32, 2))],
  ['an empty key', hmac('')],
  ['a signature that was made for something else', hmac(Buffer.alloc(32, 1), '')],
  ['a key that is not in the ring', signPrincipal(KeyRing.parse(`k2:${secret(2)}`), ada)],
])('%s is nobody', (_what, said) => {
  expect(() => new Principals(ring).of(asked(said))).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});

test('it expires, also for who has verified it before', () => {
  let now = start;
  const principals = new Principals(ring, { now: () => now });
  const said = asked(signPrincipal(ring, ada, now));
  expect(principals.of(said)).toMatchObject(ada);
  now += principalLifetimeMs + 29_999;
  expect(principals.of(said)).toMatchObject(ada);
  now += 1;
  expect(() => principals.of(said)).toThrow(expect.objectContaining({ status: 401 }));
  expect(() => new Principals(ring, { now: () => now }).of(said)).toThrow();
});

test('a key is rotated without a request being refused: known everywhere first, then signing, then gone', () => {
  const both = KeyRing.parse(`k1:${secret(1)},k2:${secret(2)}`);
  const turned = KeyRing.parse(`k2:${secret(2)},k1:${secret(1)}`);
  expect(new Principals(both).of(asked(signPrincipal(turned, ada)))).toMatchObject(ada);
  expect(new Principals(turned).of(asked(signPrincipal(both, ada)))).toMatchObject(ada);
  expect(signPrincipal(turned, ada)).toMatch(/^k2\./);
});

test('what is remembered is bounded', () => {
  const principals = new Principals(ring, { max: 1 });
  const [one, two] = [ada, { ...ada, role: 'operator' as const }].map((who) => asked(signPrincipal(ring, who)));
  const first = principals.of(one!);
  expect(principals.of(one!)).toBe(first);
  principals.of(two!);
  expect(principals.of(one!)).not.toBe(first);
});
