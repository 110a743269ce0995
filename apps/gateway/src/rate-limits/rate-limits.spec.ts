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

/** Asks at these times, and counts what is kept of it. */
function kept(principal: Principal, times: number[]): number {
  return times.filter((now) => {
    const keeps = principal.keep(now);
    principal.take(now);
    return keeps;
  }).length;
}
const atOnce = (count: number, now = 0) => Array.from({ length: count }, () => now);

test('Redis does not hear of what uses a fortieth of a limit, at once or time and again', () => {
  const tariff = new Tariff({ limit: 1_000, windowSeconds: 1 });
  expect(kept(new Principal('a burst', tariff), atOnce(40))).toBe(25);
  const every = (ms: number) => Array.from({ length: 1_000 / ms }, (_, n) => n * ms);
  expect(kept(new Principal('25 a second', tariff), every(40))).toBe(25);
  expect(kept(new Principal('1,000 a second', tariff), every(1)), 'a twentieth in any window').toBe(49);
  const small = new Tariff({ limit: 39, windowSeconds: 1 });
  expect(kept(new Principal('no fortieth', small), [0])).toBe(0);
});

test('to be told of does not make room for more to be kept: whoever pays back in between would never be heard of', () => {
  const principal = new Principal('a', new Tariff({ limit: 1_000, windowSeconds: 1 }));
  let sum = 0;
  for (let now = 0; now < 1_000; now += 30) {
    sum += kept(principal, atOnce(25, now));
    principal.tell();
    principal.takeCount(now + 29);
  }
  expect(sum).toBeLessThanOrEqual(50);
});

test('what was kept from Redis is told with the next count, as far as it is owed still', () => {
  const tariff = new Tariff({ limit: 1_000, windowSeconds: 1 });
  const principal = new Principal('a', tariff);
  kept(principal, atOnce(30));
  for (let n = 0; n < 5; n++) principal.tell();
  expect(principal.takeCount(0)).toMatchObject({ told: 30 });
  expect(principal.untold, 'until Redis has answered').toBe(30);
  expect(principal.takeCount(0), 'and not again').toMatchObject({ told: 0 });
  const later = new Principal('b', tariff);
  kept(later, atOnce(20));
  expect(later.takeCount(15)).toMatchObject({ told: 5 });
  const waiting = new Principal('c', tariff);
  void waiting.ask();
  expect(waiting.takeCount(0)).toMatchObject({ told: 0, asking: [expect.any(Function)] });
});

test('what is remembered is bounded', () => {
  const limit = new RateLimit('', { limit: 1, windowSeconds: 3_600 });
  take(limit, 'first', 0);
  for (let n = 0; n < 50_000; n++) take(limit, String(n), 0);
  expect(take(limit, 'first', 0).letIn, 'forgotten').toBe(true);
});
