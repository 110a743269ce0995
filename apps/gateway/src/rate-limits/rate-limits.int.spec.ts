import { firstMap, newOrderId, slotOf } from '@ringshop/placement';
import { createRedis, type Redis, type Service } from '@ringshop/service-defaults';
import { eventually, pause, resume, type TestRedis, testRedis } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from '../spec/peers.ts';

const map = firstMap(['order-1']);
let redis: TestRedis;
let admin: Redis;
let shard: Peer;
let idp: Awaited<ReturnType<typeof identityProvider>>;
const gateways: Service[] = [];

beforeAll(async () => {
  redis = await testRedis();
  admin = createRedis(redis.url, { whileAway: '' });
  await admin.connect();
  idp = await identityProvider();
  shard = await new Peer(({ path }, response) => {
    if (path === '/placement') return json(response, 200, { epoch: 1, members: map.members, slots: map.slots });
    if (!path.endsWith('/events')) return json(response, 200, { items: [] });
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
  }).listen();
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
  await admin.flushall();
});
afterAll(async () => {
  for (const peer of [shard, idp.server]) await peer.close();
  admin.disconnect();
  await redis.stop();
});

async function open(env: Record<string, string>, shared = true): Promise<Service> {
  const parts = { shards: { 'order-1': [shard.url] }, jwks: `${idp.server.url}/jwks` };
  const gateway = await startGateway({ ...parts, env: { ...(shared && { REDIS_URL: redis.url }), ...env } });
  gateways.push(gateway);
  return gateway;
}

/**
 * Waits until what somebody new asks of it has left a count in Redis; somebody new each time, because whoever is over the
 * limit is not asked about, and more than once, because the first may be too little to be told. @returns the key of the count
 */
async function untilShared(gateway: Service, asks = 2): Promise<string> {
  const keys: string[] = [];
  return eventually(async () => {
    const id = crypto.randomUUID();
    keys.push(`rate:customer:${id}`);
    for (let n = 0; n < asks; n++) await get(gateway, await customer(id));
    const ages = await Promise.all(keys.map((key) => admin.pttl(key)));
    return keys.find((_, index) => ages[index]! > 0);
  });
}

async function pair(limit: string): Promise<[Service, Service]> {
  const two = [await open({ RATE_LIMIT_PER_CUSTOMER: limit }), await open({ RATE_LIMIT_PER_CUSTOMER: limit })] as const;
  for (const gateway of two) await untilShared(gateway);
  return [...two];
}

const customer = async (id: string = crypto.randomUUID()) => ({ authorization: `Bearer ${await idp.token(id)}` });

async function get(gateway: Service, headers: Record<string, string>, path = '/v1/orders'): Promise<Response> {
  const response = await fetch(gateway.url + path, { headers });
  await response.clone().text();
  return response;
}

async function letIn(count: number, ask: (n: number) => Promise<Response>): Promise<number> {
  let letIn = 0;
  for (let n = 0; n < count; n++) if ((await ask(n)).status !== 429) letIn++;
  return letIn;
}

test('61: gateways count a customer together', async () => {
  const two = await pair('20/1h');
  const [ada, bob] = [await customer(), await customer()];
  expect(await letIn(30, (n) => get(two[n % 2]!, ada))).toBe(20);
  expect(await letIn(3, () => get(two[0], ada))).toBe(0);
  expect(await letIn(3, (n) => get(two[n % 2]!, bob)), 'another one').toBe(3);
});

test('all at once at two gateways: a small limit is exact, and of a large one a tenth is let in before it is counted, and a fortieth is not told', async () => {
  const atOnce = async (count: number, of: (n: number) => Service, who: Record<string, string>) => {
    const all = await Promise.all(Array.from({ length: count }, (_, n) => get(of(n), who)));
    return all.filter(({ status }) => status !== 429).length;
  };
  const small = await pair('8/1h');
  const ada = await customer();
  // The token is known from here on, so that no request waits for its signature.
  for (const gateway of small) await get(gateway, ada);
  expect(await atOnce(40, (n) => small[n % 2]!, ada)).toBe(6);

  const [one, other] = await pair('50/1h');
  const bob = await customer();
  expect(await atOnce(80, () => one, bob)).toBe(50);
  expect(await atOnce(40, () => other, bob), 'where nothing is known of him').toBeLessThanOrEqual(5 + 1);
});

test('Redis does not hear of a fortieth of a limit, and hears of it, too, when there is more', async () => {
  const gateway = await open({ RATE_LIMIT_PER_CUSTOMER: '400/1h' });
  const [fortieth, costMs] = [10, 9_000];
  await untilShared(gateway, fortieth + 1);
  const id = crypto.randomUUID();
  const ada = await customer(id);
  for (let n = 0; n < fortieth; n++) await get(gateway, ada);
  // A call takes along all that is to be told: when somebody later has been heard of, she would have been.
  await untilShared(gateway, fortieth + 1);
  expect(await admin.exists(`rate:customer:${id}`)).toBe(0);
  await get(gateway, ada);
  await eventually(async () => (await admin.pttl(`rate:customer:${id}`)) > fortieth * costMs);
});

test('every answer tells what is left; one too many is a problem with the time to wait, and no shard hears of it', async () => {
  const gateway = await open({ RATE_LIMIT_PER_CUSTOMER: '3/60s', RATE_LIMIT_PER_ADDRESS: '100/1h' });
  await untilShared(gateway);
  const ada = await customer();
  const first = await get(gateway, ada);
  expect(first.headers.get('ratelimit-policy')).toBe('"address";q=100;w=3600, "customer";q=3;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"address";r=\d+;t=\d+, "customer";r=2;t=20$/);
  const id = newOrderId(slotOf(crypto.randomUUID()));
  const events = await get(gateway, ada, `/v1/orders/${id}/events`);
  expect(events.headers.get('ratelimit'), 'of a stream').toMatch('"customer";r=1;t=40');
  expect((await get(gateway, ada, '/v1/nothing')).status, 'what does not exist needs no customer').toBe(404);
  expect((await get(gateway, ada, '/v1/orders/nonsense')).headers.get('ratelimit')).toMatch('"customer";r=0;t=60');
  shard.received.length = 0;
  const refused = await get(gateway, ada);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('content-type')).toMatch('application/problem+json');
  expect(await refused.json()).toMatchObject({ status: 429, code: 'rate-limited' });
  expect(refused.headers.get('retry-after')).toMatch(/^(19|20)$/);
  expect(refused.headers.get('ratelimit')).toMatch(`"customer";r=0;t=${refused.headers.get('retry-after')}`);
  expect(shard.received).toEqual([]);
});

test('the limit of an address bounds guessing at tokens, but neither probes nor operators', async () => {
  const gateway = await open({ RATE_LIMIT_PER_ADDRESS: '5/1h', RATE_LIMIT_PER_CUSTOMER: '0' });
  expect(await letIn(20, (n) => get(gateway, { authorization: `Bearer a.b.${n}` }))).toBe(5);
  expect((await get(gateway, await customer())).status).toBe(429);
  expect(await letIn(20, () => get(gateway, {}, '/health/ready'))).toBe(20);
  expect(await letIn(20, () => fetch(`${gateway.operatorUrl}/metrics`))).toBe(20);
  expect(await (await fetch(`${gateway.operatorUrl}/metrics`)).text()).toMatch(
    /gateway_rate_limited_total\{limit="address"\} \d/,
  );
});

// By itself, without Redis: whose address it is has nothing to do with who counts.
const alone = { RATE_LIMIT_PER_ADDRESS: '3/1h' };
const from = (gateway: Service, forwarded: string) => get(gateway, { 'x-forwarded-for': forwarded });

test('61: a forged X-Forwarded-For changes nothing without a trusted proxy', async () => {
  for (const proxies of [{}, { TRUSTED_PROXIES: '192.0.2.1' }] as Record<string, string>[]) {
    const gateway = await open({ ...alone, ...proxies }, false);
    expect(await letIn(10, (n) => from(gateway, `198.51.100.${n}`))).toBe(3);
    expect(
      await letIn(10, (n) => get(gateway, { 'x-real-ip': `198.51.100.${n}`, forwarded: `for=198.51.100.${n}` })),
    ).toBe(0);
  }
});

test('61: behind trusted proxies the address is the one that they saw; what its client claims to be changes nothing', async () => {
  const gateway = await open({ ...alone, TRUSTED_PROXIES: '127.0.0.0/8, ::1, 10.0.0.0/8' }, false);
  expect(await letIn(10, (n) => from(gateway, `198.51.100.${n}, 203.0.113.7`))).toBe(3);
  expect(
    await letIn(10, (n) => from(gateway, `10.0.0.${n}, 198.51.100.${n}, 203.0.113.7, 10.0.0.2`)),
    'two proxies',
  ).toBe(0);
  expect(await letIn(10, () => from(gateway, '203.0.113.8')), 'another client').toBe(3);
  expect(await letIn(10, (n) => from(gateway, `2001:db8::${n}`)), 'many addresses of one IPv6 network').toBe(3);
  expect(await letIn(10, (n) => from(gateway, `nonsense ${n}`)), 'no addresses').toBe(3);
});

test('without Redis nobody is turned away, each gateway keeps the limit by itself, and they share it again afterwards', async () => {
  const two = await pair('5/1h');
  const [ada, bob, eve] = [await customer(), await customer(), await customer()];
  pause(redis.server);
  const asked = performance.now();
  expect(await letIn(5, () => get(two[0], ada)), 'a Redis that hangs').toBe(5);
  expect(await letIn(2, () => get(two[0], ada))).toBe(0);
  expect(performance.now() - asked, 'waited for once').toBeLessThan(1_000);
  resume(redis.server);
  await redis.server.kill();
  for (const gateway of two) expect(await letIn(7, () => get(gateway, bob)), 'a Redis that is gone').toBe(5);
  await redis.restart({ empty: true });
  await eventually(() => admin.status === 'ready');
  for (const gateway of two) await untilShared(gateway);
  expect(await letIn(20, (n) => get(two[n % 2]!, eve)), 'a Redis that is back').toBe(5);
});

test('a count goes by itself when nothing is owed any more', async () => {
  const gateway = await open({ RATE_LIMIT_PER_CUSTOMER: '8/1s' });
  const key = await untilShared(gateway);
  await eventually(async () => !(await admin.exists(key)));
});

test("a count by a clock of Redis's that was set back, or of a longer window before, keeps nobody out for as long", async () => {
  const gateway = await open({ RATE_LIMIT_PER_CUSTOMER: '8/1s' });
  await untilShared(gateway);
  const id = crypto.randomUUID();
  const inAnHour = (Date.now() + 3_600_000) * 1_000;
  await admin.set(`rate:customer:${id}`, inAnHour, 'PX', 3_600_000);
  const ada = await customer(id);
  expect((await get(gateway, ada)).status).toBe(429);
  await eventually(async () => (await get(gateway, ada)).status !== 429);
});
