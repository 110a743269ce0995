import { readConfig } from '@ringshop/service-defaults';
import { expect, test } from 'vitest';
import { gatewayConfig } from '../config.ts';
import { addressOf } from './addresses.ts';
import { Principal } from './principal.ts';
import { RateLimit } from './rate-limit.ts';
import { Tariff, type Verdict } from './tariff.ts';

const env = {
  SHARDS: 'order-1=http://a:1',
  INVENTORY_URLS: 'http://i:1',
  JWKS_URL: 'http://s:1/jwks.json',
  INTERNAL_CALL_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
};
const read = (more: Record<string, string>) => readConfig(gatewayConfig, { ...env, ...more });

test.each([
  ['1000/1s', { limit: 1_000, windowSeconds: 1 }],
  ['300/5m', { limit: 300, windowSeconds: 300 }],
  ['5/1h', { limit: 5, windowSeconds: 3_600 }],
  ['0', undefined],
])('%s is a rate', (text, rate) => {
  expect(read({ RATE_LIMIT_PER_CUSTOMER: text }).RATE_LIMIT_PER_CUSTOMER).toEqual(rate);
});

test('unless it is told otherwise a customer has 1,000 a second and an address no limit, and no proxy is trusted', () => {
  expect(read({})).toMatchObject({ RATE_LIMIT_PER_CUSTOMER: { limit: 1_000, windowSeconds: 1 }, TRUSTED_PROXIES: [] });
  expect(read({}).RATE_LIMIT_PER_ADDRESS).toBeUndefined();
});

test.each(['1000', '1000/s', '0/1s', '-1/1s', '1/0s', '1/1d', '1/500ms', '1e3/1s', '9999999/1s'])(
  '%s is no rate',
  (text) => expect(() => read({ RATE_LIMIT_PER_CUSTOMER: text })).toThrow('RATE_LIMIT_PER_CUSTOMER (must be a count'),
);

test('proxies are addresses and blocks', () => {
  expect(read({ TRUSTED_PROXIES: '10.0.0.7, 10.1.0.0/16,fd00::/8,::1' }).TRUSTED_PROXIES).toEqual([
    '10.0.0.7',
    '10.1.0.0/16',
    'fd00::/8',
    '::1',
  ]);
});

test.each(['proxy', 'true', '1', '10.0.0', '10.0.0.0/33', '10.0.0.1,', '*', 'loopback'])('%s is no proxy', (text) =>
  expect(() => read({ TRUSTED_PROXIES: text })).toThrow('TRUSTED_PROXIES (must be IP addresses or CIDR blocks'),
);

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['1', 'unknown'],
  ['x'.repeat(10_000), 'unknown'],
])('%s counts as %s', (ip, address) => expect(addressOf(ip)).toBe(address));

const take = (limit: RateLimit, id: string, now: number) => limit.take(id, now) as Verdict;

test('as many as the limit may come at once; then one after each part of the window', () => {
  const limit = new RateLimit('', { limit: 10, windowSeconds: 5 });
  for (let remaining = 9; remaining >= 0; remaining--) {
    expect(take(limit, 'a', 1_000)).toMatchObject({ letIn: true, remaining });
  }
  expect(take(limit, 'a', 1_000)).toEqual({ letIn: false, remaining: 0, seconds: 1 });
  expect(take(limit, 'a', 1_499)).toMatchObject({ letIn: false });
  expect(take(limit, 'a', 1_500)).toEqual({ letIn: true, remaining: 0, seconds: 5 });
  expect(take(limit, 'a', 1_500)).toMatchObject({ letIn: false });
  expect(take(limit, 'a', 4_000)).toMatchObject({ letIn: true, remaining: 4 });
  expect(take(limit, 'a', 60_000)).toEqual({ letIn: true, remaining: 9, seconds: 1 });
});

test('who is refused is told when one more may come, and a refusal costs nothing', () => {
  const limit = new RateLimit('', { limit: 2, windowSeconds: 60 });
  for (let n = 0; n < 2; n++) take(limit, 'a', 0);
  for (let n = 0; n < 100; n++) expect(take(limit, 'a', 10_000)).toEqual({ letIn: false, remaining: 0, seconds: 20 });
  expect(take(limit, 'a', 30_000)).toMatchObject({ letIn: true });
});

test('a limit that does not divide its window lets in as many as it says', () => {
  for (const count of [3, 7, 999]) {
    const limit = new RateLimit('', { limit: count, windowSeconds: 1 });
    const verdicts = Array.from({ length: count + 1 }, () => take(limit, 'a', 123.456).letIn);
    expect(verdicts).toEqual([...Array.from({ length: count }, () => true), false]);
  }
});

test('one principal does not use up what another has', () => {
  const limit = new RateLimit('', { limit: 1, windowSeconds: 1 });
  expect(take(limit, 'a', 0).letIn).toBe(true);
  expect(take(limit, 'a', 0).letIn).toBe(false);
  expect(take(limit, 'b', 0).letIn).toBe(true);
});

test('what uses a twentieth of a limit at most is not told to Redis; what uses more is, and what waits for its count is', () => {
  const [tariff, gatheredMs] = [new Tariff({ limit: 1_000, windowSeconds: 1 }), 20];
  const principal = new Principal('a', tariff);
  principal.tell();
  expect(principal.takeCount(gatheredMs)).toBeUndefined();
  expect(principal.untold, 'nothing of it is left').toBe(0);
  principal.tell();
  principal.tell();
  expect(principal.takeCount(gatheredMs)).toMatchObject({ told: 2 });
  expect(principal.untold, 'until Redis has answered').toBe(2);
  const waiting = new Principal('b', tariff);
  void waiting.ask();
  expect(waiting.takeCount(gatheredMs)).toMatchObject({ told: 0, asking: [expect.any(Function)] });
  const scarce = new Principal('c', new Tariff({ limit: 900, windowSeconds: 1 }));
  scarce.tell();
  expect(scarce.takeCount(gatheredMs)).toMatchObject({ told: 1 });
});

test('what is remembered is bounded', () => {
  const limit = new RateLimit('', { limit: 1, windowSeconds: 3_600 });
  take(limit, 'first', 0);
  for (let n = 0; n < 50_000; n++) take(limit, String(n), 0);
  expect(take(limit, 'first', 0).letIn, 'forgotten').toBe(true);
});
