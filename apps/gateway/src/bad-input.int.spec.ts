import { request } from 'node:http';
import { connect } from 'node:net';
import { firstMap, newOrderId, slotOf } from '@ringshop/placement';
import type { Service } from '@ringshop/service-defaults';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from './spec/peers.ts';

const map = firstMap(['order-1']);
const customer = crypto.randomUUID();
const good = { lines: [{ sku: 'a', quantity: 1 }], payment: { token: 't' }, shipTo: { name: 'n', address: 'a' } };
const text = JSON.stringify(good);
/** The good body with another piece of text in it; what is replaced must be there. */
const edited = (piece: string, instead: string) => {
  if (!text.includes(piece)) throw new Error(`no ${piece} in the good body`);
  return text.replace(piece, instead);
};
const quantity = (value: string) => edited('"quantity":1', `"quantity":${value}`);
const sku = (value: string) => edited('"sku":"a"', `"sku":${value}`);
const total = (value: string) => edited('{', `{"expectedTotal":${value},`);
const many = (count: number) => JSON.stringify({ ...good, lines: Array(count).fill(good.lines[0]) });

let shard: Peer;
let inventory: Peer;
let idp: Awaited<ReturnType<typeof identityProvider>>;
let gateway: Service;
let headers: Record<string, string>;

beforeAll(async () => {
  idp = await identityProvider();
  shard = await new Peer(({ path }, response) =>
    path === '/placement' ? json(response, 200, map) : json(response, 202, { placed: true }),
  ).listen();
  inventory = await new Peer((_request, response) => json(response, 200, {})).listen();
  const shards = { 'order-1': [shard.url] };
  gateway = await startGateway({ shards, inventory: inventory.url, jwks: `${idp.server.url}/jwks` });
  const authorization = `Bearer ${await idp.token(customer, { role: 'operator' })}`;
  headers = { authorization, 'content-type': 'application/json', 'idempotency-key': 'k' };
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [shard, inventory, idp.server]) await peer.close();
});
afterEach(() => {
  shard.received.length = 0;
  inventory.received.length = 0;
});

async function call(method: string, path: string, init: RequestInit = {}, base = gateway.url) {
  const response = await fetch(base + path, { method, ...init, headers: { ...headers, ...init.headers } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** A problem of the contract that tells nothing; and nobody behind the gateway has heard of it. */
function expectRefused(answer: Awaited<ReturnType<typeof call>>, status: number, field?: string): void {
  expect([answer.status, answer.type]).toEqual([status, expect.stringMatching(/^application\/problem\+json/)]);
  expect(JSON.parse(answer.text)).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:ringshop:problem:/),
    ...(field && { errors: [{ field }] }),
  });
  expect(answer.text).not.toMatch(/canary|stack|node_modules|select|postgres|fastify|\/src\/|"at /i);
  expect([...shard.received, ...inventory.received]).toEqual([]);
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('a bad body is refused by the name of what is wrong with it (56, 57, 59)', () => {
  test.each([
    ['total', edited('{', '{"total":1,')],
    ['price', edited('{', '{"price":1,')],
    ['status', edited('{', '{"status":"confirmed",')],
    ['customerId', edited('{', `{"customerId":"${crypto.randomUUID()}",`)],
    ['orderId', edited('{', '{"orderId":"canary",')],
    ['lines.0.unitPrice', edited('"quantity"', '"unitPrice":{"amount":1,"currency":"EUR"},"quantity"')],
    ['payment.amount', edited('"token"', '"amount":1,"token"')],
    ['shipTo.role', edited('"name"', '"role":"operator","name"')],
    ['__proto__', edited('{', '{"__proto__":{"status":"canary"},')],
    ['shipTo.__proto__', edited('"name"', '"\\u005f_proto__":{"canary":1},"name"')],
    ['constructor', edited('{', '{"constructor":{"prototype":{"canary":1}},')],
    ['lines.0.prototype', edited('"sku"', '"prototype":{},"sku"')],
    ['lines', edited('{', `{"lines":[],`)],
    ['lines.0.quantity', edited('"quantity":1', '"quantity":1,"quantity":1000')],
    ['shipTo.name', edited('"name"', '"n\\u0061me":"canary","name"')],
    ['body', edited('{', '{"canary@x":1,')],
  ])('%s (%#)', async (field, body) => {
    expectRefused(await call('POST', '/v1/orders', { body }), 400, field);
  });

  test.each([
    ...[
      '0',
      '-1',
      '1001',
      '1.5',
      '1e400',
      '-1e400',
      '1e21',
      '9007199254740993',
      '"1"',
      'true',
      'null',
      '[1]',
      '{}',
    ].map((value): [string, string] => ['lines.0.quantity', quantity(value)]),
    ...['NaN', 'Infinity', '01', '+1', '1.', '0x1', '1_000', '١'].map((value): [string, string] => [
      'body',
      quantity(value),
    ]),
    ...['-1', '1.5', '"100"', '9007199254740992', '1e400', 'null'].map((amount): [string, string] => [
      'expectedTotal.amount',
      total(`{"amount":${amount},"currency":"EUR"}`),
    ]),
    ...['"eur"', '"USD"', '"ＥＵＲ"', '"EUR\\u0000"', '978', 'null'].map((currency): [string, string] => [
      'expectedTotal.currency',
      total(`{"amount":1,"currency":${currency}}`),
    ]),
    ['expectedTotal', total('100')],
    ...[
      '""',
      '1',
      'null',
      '["a"]',
      '{"$ne":""}',
      '"a\\u0000"',
      '"\\ud800"',
      '"\\udc00\\ud800"',
      '"a\\u0085"',
      `"${'s'.repeat(65)}"`,
    ].map((value): [string, string] => ['lines.0.sku', sku(value)]),
    ['lines', many(0)],
    ['lines', many(101)],
    ['lines', edited('[{"sku":"a","quantity":1}]', '{"sku":"a","quantity":1}')],
    ['payment.token', edited('"t"', '7')],
    ['payment.token', edited('"t"', '"\\u001b[2J"')],
    ['shipTo.name', edited('"n"', '"a\\nb"')],
    ['shipTo.address', edited('"address":"a"', `"address":"${'x'.repeat(1_001)}"`)],
    ['shipTo', edited('{"name":"n","address":"a"}', 'null')],
    ['body', '[]'],
    ['body', 'null'],
    ['body', '"canary"'],
    ['body', ''],
    ['body', '{"canary":'],
    ['body', `${text} ${text}`],
    ['body', `\ufeff${text}`],
    ['a.a.a.a.a.a.a.a', deep(9)],
    ['a.a.a.a.a.a.a.a', deep(10_000)],
  ])('%s (%#)', async (field, body) => {
    expectRefused(await call('POST', '/v1/orders', { body }), 400, field);
  });

  test.each([
    ['body that is no UTF-8', { body: Buffer.from(text.replace('"n"', '"\xff"'), 'latin1') }, 400, 'body'],
    ['body in UTF-16', { body: Buffer.from(text, 'utf16le') }, 400, 'body'],
    [
      'body that is zipped',
      { body: Buffer.from([0x1f, 0x8b, 8, 0]), headers: { 'content-encoding': 'gzip' } },
      400,
      'content-encoding',
    ],
    ['type', { body: text, headers: { 'content-type': 'text/plain' } }, 400, 'content-type'],
    [
      'type of a form',
      { body: text, headers: { 'content-type': 'multipart/form-data; boundary=x' } },
      400,
      'content-type',
    ],
    [
      'type of a patch',
      { body: text, headers: { 'content-type': 'application/merge-patch+json' } },
      400,
      'content-type',
    ],
    [
      'charset',
      { body: text, headers: { 'content-type': 'application/json; charset=iso-8859-1' } },
      400,
      'content-type',
    ],
    ['size', { body: edited('"n"', `"${'canary'.repeat(11_000)}"`) }, 413, undefined],
    ['size, of blanks', { body: text + ' '.repeat(65_536) }, 413, undefined],
  ])('%s', async (_what, init, status, field) => {
    expectRefused(await call('POST', '/v1/orders', init), status, field);
  });
});

describe('a bad key, preference, query or id is refused (57, 58)', () => {
  const id = newOrderId(slotOf(customer));

  test.each<[string, string, Record<string, string>]>([
    ['idempotency-key', 'an empty key', { 'idempotency-key': '' }],
    ['idempotency-key', 'a key of 256 characters', { 'idempotency-key': 'k'.repeat(256) }],
    ['idempotency-key', 'a key that is not ASCII', { 'idempotency-key': 'schlüssel' }],
    ['idempotency-key', 'a key with a tab', { 'idempotency-key': 'a\tb' }],
    ...['wait=soon', 'wait=11', 'wait=-1', 'wait=1e1'].map((prefer): [string, string, Record<string, string>] => [
      'prefer',
      prefer,
      { prefer },
    ]),
  ])('%s: %s', async (field, _what, more) => {
    expectRefused(await call('POST', '/v1/orders', { body: text, headers: more }), 400, field);
    if (field === 'prefer') return;
    expectRefused(await call('POST', `/v1/orders/${id}/cancel`, { headers: more }), 400, field);
  });

  test('a token or a key that comes twice is none, and a key may have a comma in it', async () => {
    const place = (more: Record<string, string | string[]>) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const init = { method: 'POST', agent: false, headers: { ...headers, ...more } };
        const asked = request(`${gateway.url}/v1/orders`, init, async (answer) =>
          resolve({ status: answer.statusCode!, text: (await answer.setEncoding('utf8').toArray()).join('') }),
        );
        asked.on('error', reject).end(text);
      });
    const authorization = [headers.authorization!, `Bearer ${await idp.token(crypto.randomUUID())}`];
    expect(await place({ authorization })).toMatchObject({ status: 401 });
    const twice = await place({ 'idempotency-key': ['a', 'b'] });
    expect([twice.status, JSON.parse(twice.text).errors[0].field]).toEqual([400, 'idempotency-key']);
    expect(shard.received).toEqual([]);
    expect(await place({ 'idempotency-key': 'a, b' })).toMatchObject({ status: 202 });
  });

  test.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=101'],
    ['limit', 'limit=1e1'],
    ['limit', 'limit=1&limit=2'],
    ['limit', 'limit=%31%00'],
    ['cursor', 'cursor='],
    ['cursor', `cursor=${'a'.repeat(513)}`],
    ['cursor', 'cursor=a%00'],
    ['sort', 'sort=total;DROP TABLE orders'],
    ['order', 'order=1 OR 1=1'],
    ['customerId', `customerId=${crypto.randomUUID()}`],
    ['query', '%24where=sleep(1000)'],
    ['query', 'filter%5B%5D=1'],
    ['__proto__', '__proto__=1'],
  ])('%s (%#)', async (field, query) => {
    expectRefused(await call('GET', `/v1/orders?${query}`), 400, field);
    expectRefused(await call('GET', `/v1/products?${query}`), 400, field);
  });

  test.each([`/v1/orders/${id}`, `/v1/orders/${id}/timeline`, `/v1/orders/${id}/events`, '/v1/products/SKU-0001'])(
    '%s takes no query',
    async (path) => expectRefused(await call('GET', `${path}?include=canary`), 400, 'include'),
  );

  test.each([
    ['no id', 'canary'],
    ['a version 4', crypto.randomUUID()],
    ['an id with more behind it', `${id}x`],
    ['an id in braces', `{${id}}`],
    ['a way out', '..%2Fplacement%2F'],
    ['a way out, twice encoded', '%252e%252e%252fplacement'],
    ['NUL', `${id}%00`],
    ['SQL', `${id}'--`],
    ['a list', `${id},${id}`],
    ['300 characters', 'a'.repeat(300)],
    ['other digits', id.replace(/\d/, '１')],
  ])('%s is 404 on every route', async (_what, bad) => {
    for (const path of ['', '/timeline', '/ship-to', '/events'])
      expectRefused(await call('GET', `/v1/orders/${bad}${path}`), 404);
    expectRefused(await call('POST', `/v1/orders/${bad}/cancel`), 404);
    expectRefused(await call('POST', `/v1/sagas/${bad}/resume`, {}, gateway.operatorUrl), 404);
  });

  test.each(['%00', '%0A', '%C2%85', 's'.repeat(65), '%ED%A0%80', '%FF'])('no SKU: %s', async (bad) => {
    const status = /%ED|%FF/.test(bad) ? 400 : 404;
    expectRefused(await call('GET', `/v1/products/${bad}`), status);
    expectRefused(await call('PUT', `/v1/stock/${bad}`, { body: '{"quantity":1}' }, gateway.operatorUrl), 400);
  });

  test.each([
    ['quantity', '{"quantity":-1}'],
    ['quantity', '{"quantity":1e400}'],
    ['quantity', '{"quantity":"1"}'],
    ['price', '{"quantity":1,"price":1}'],
    ['quantity', '{"quantity":1,"quantity":2}'],
  ])('%s of the stock (%#)', async (field, body) => {
    expectRefused(await call('PUT', '/v1/stock/SKU-0001', { body }, gateway.operatorUrl), 400, field);
  });

  test('what needs no body takes none', async () => {
    const cancelling = `/v1/orders/${id}/cancel`;
    for (const body of ['null', '[]', '0', '""']) expectRefused(await call('POST', cancelling, { body }), 400, 'body');
    const body = '{"reason":"canary"}';
    expectRefused(await call('POST', cancelling, { body }), 400, 'reason');
    expectRefused(await call('POST', `/v1/sagas/${id}/resume`, { body }, gateway.operatorUrl), 400, 'reason');
    const erasing = `/v1/customers/${customer}/erase`;
    expectRefused(await call('POST', erasing, { body }, gateway.operatorUrl), 400, 'reason');
  });
});

test('59: hundreds of slow, huge and deep requests of one do no harm to the requests of another', async () => {
  const { hostname, port } = new URL(gateway.url);
  const head = `POST /v1/orders HTTP/1.1\r\nhost: a\r\nauthorization: ${headers.authorization}\r\nidempotency-key: k\r\ncontent-type: application/json\r\n`;
  const slow = Array.from({ length: 300 }, (_, n) => {
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.write(n % 2 ? head : `${head}content-length: 60000\r\n\r\n{"a":`);
    return socket;
  });
  const hostile = [deep(9_000), `"${'x'.repeat(65_000)}"`, many(101), `{${'"a":1,'.repeat(9_000)}"a":1}`];
  const other = { authorization: `Bearer ${await idp.token(crypto.randomUUID())}` };
  const times: number[] = [];
  for (let round = 0; round < 50; round++) {
    const start = performance.now();
    const placing = call('POST', '/v1/orders', { body: text, headers: other }).then(({ status }) => {
      times.push(performance.now() - start);
      return status;
    });
    const refused = hostile.map((body) => call('POST', '/v1/orders', { body }));
    expect([await placing, ...(await Promise.all(refused)).map(({ status }) => status)]).toEqual([
      202, 400, 400, 400, 400,
    ]);
  }
  expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
  for (const socket of slow) socket.destroy();
  // Far more than it takes on a busy machine, and far less than with one check whose time grows with the square of the body.
  expect(times.toSorted((a, b) => a - b)[48]).toBeLessThan(1_000);
});
