import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectKafka, Database, readTopics } from '@ringshop/operator';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { operatorCommand } from './operator-command.ts';
import { Shop } from './shop.ts';

let shop: Shop;
let dir: string;

beforeAll(async () => {
  shop = await Shop.open();
  dir = dirname(shop.status.logs!);
});
afterAll(() => shop?.close());

/** Words that stand nowhere but in what a customer sent. */
const words: string[] = [];
function canary(field: string): string {
  const word = `canary${field}${randomBytes(9).toString('hex')}`;
  words.push(word);
  return word;
}
/** As they are, and as a program may write bytes: hexadecimal, and base64, in which three words look different by where they begin. */
const traces = () =>
  words.flatMap((word) => {
    const bytes = Buffer.from(word);
    const inBase64 = [0, 1, 2].map((skipped) => bytes.subarray(skipped).toString('base64url').slice(0, -2));
    return [bytes, ...[bytes.toString('hex'), ...inBase64].map((trace) => Buffer.from(trace))];
  });

const lines = [{ sku: 'SKU-0001', quantity: 1 }];
const shipTo = () => ({
  name: `Ada ${canary('name')}`,
  address: `1 ${canary('street')} Row\r\nforged: ${canary('line')}`,
});

/** Orders of every end, each with words of its own. */
async function placeOrders(customer: Customer): Promise<Answer[]> {
  const place = (token: string, more: object = {}) =>
    customer.place({ token: `${token}.${canary('token')}`, lines, body: { shipTo: shipTo(), ...more } });
  const confirmed = await place('tok_approve');
  const declined = await place('tok_decline');
  const outOfStock = await place('tok_approve', { lines: [{ sku: 'SKU-0910', quantity: 1 }] });
  const dear = await place('tok_approve', { expectedTotal: { amount: 1, currency: 'EUR' } });
  const flaky = await place('tok_flaky');
  const cancelled = await place('tok_approve');
  await customer.cancel(cancelled.body.orderId);
  return [confirmed, declined, outOfStock, dear, flaky, cancelled];
}

/** The words where they do not belong; each is refused, or at least not repeated. */
async function badInput(customer: Customer): Promise<Answer[]> {
  const good = { lines, payment: { token: 'tok_approve' }, shipTo: shipTo() };
  const bodies: unknown[] = [
    { ...good, shipTo: { ...shipTo(), nickname: canary('value') } },
    { ...good, shipTo: { name: [canary('array')], address: { line: canary('object') } } },
    { ...good, shipTo: { name: `${canary('long')}${'x'.repeat(300)}`, address: `\u0000${canary('control')}` } },
    { ...good, payment: { token: [canary('token')] } },
    { ...good, lines: [{ sku: `${canary('sku')}${'x'.repeat(80)}`, quantity: canary('quantity') }] },
    `{"shipTo":{"name":"${canary('cut')}`,
    `{"payment":{"token":"${canary('first')}"},"payment":{"token":"${canary('twice')}"}}`,
    canary('nojson'),
  ];
  const asked = bodies.map((body) =>
    customer.call('POST', '/v1/orders', {
      headers: { 'idempotency-key': randomUUID() },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
  const word = canary('query');
  return Promise.all([
    ...asked,
    customer.get(`/v1/orders?cursor=${word}`),
    customer.get(`/v1/orders/${word}/ship-to`),
    customer.call('POST', '/v1/orders', {
      headers: { 'idempotency-key': 'k', prefer: `wait=${canary('prefer')}` },
      body: good,
    }),
    customer.call('GET', '/v1/orders', { headers: { authorization: `Bearer ${canary('bearer')}` } }),
  ]);
}

/** Not what V8 compiled from the code: it is there before anybody has sent anything. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('compile-cache'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The files below a folder that hold a word. */
async function leaksIn(folder: string): Promise<string[]> {
  const wanted = traces();
  const leaks: string[] = [];
  for (const file of await filesBelow(folder)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (wanted.some((word) => bytes.includes(word))) leaks.push(file.slice(folder.length + 1));
  }
  return leaks;
}

async function flushServers(): Promise<void> {
  const postgres = new Database(shop.status.postgres.url, 'postgres');
  await postgres.rows('CHECKPOINT').finally(() => postgres.close());
  const redis = new Redis(shop.status.redis.url);
  await redis.save();
  redis.disconnect();
}

async function leaksInMessages(): Promise<string[]> {
  const kafka = connectKafka(shop.status.kafka.brokers.split(','));
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics().finally(() => admin.disconnect())).filter(
    (topic) => !topic.startsWith('__'),
  );
  const wanted = traces();
  const leaks = new Set<string>();
  let read = 0;
  await readTopics(kafka, topics, ({ topic, key, value, headers }) => {
    read++;
    const all = Buffer.concat(
      [key ?? '', value ?? '', JSON.stringify(headers)].map((part) => Buffer.from(part as string)),
    );
    if (wanted.some((word) => all.includes(word))) leaks.add(topic);
  });
  expect(read).toBeGreaterThan(20);
  return [...leaks];
}

async function metrics(): Promise<string> {
  const urls = shop.status.parts
    .filter(({ kind }) => /order|inventory|payment|simulators/.test(kind))
    .map(({ url }) => url);
  const answers = await Promise.all([...urls, shop.status.operator].map((url) => fetch(`${url}/metrics`)));
  return (await Promise.all(answers.map((answer) => answer.text()))).join('\n');
}

it('62: words planted in every personal field and token are found nowhere in the clear: no file, message, metric or answer', async () => {
  const customer = await shop.customer();
  const placed = await placeOrders(customer);
  expect(placed.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
  const ends = placed.map(({ body }) => body.reason ?? body.status);
  expect(ends).toEqual(['confirmed', 'payment-declined', 'out-of-stock', 'price-changed', 'confirmed', 'confirmed']);
  const refused = await badInput(customer);
  expect(refused.filter(({ status }) => status < 400 || status >= 500)).toEqual([]);
  const reads = await Promise.all(
    placed.flatMap(({ body }) => ['', '/timeline'].map((part) => customer.get(`/v1/orders/${body.orderId}${part}`))),
  );
  const answers = JSON.stringify([placed, refused, reads, await customer.get('/v1/orders')]);
  expect(words.filter((word) => answers.includes(word))).toEqual([]);
  // The owner has it back, so the words were stored, and what is searched for below is not nothing.
  const own = await customer.get(`/v1/orders/${placed[0]!.body.orderId}/ship-to`);
  expect(own.body.name).toBe(`Ada ${words.find((word) => word.startsWith('canaryname'))}`);

  await flushServers();
  expect(await readdir(dir)).toEqual(expect.arrayContaining(['postgres', 'kafka', 'redis', 'logs']));
  expect(await leaksIn(dir)).toEqual([]);
  expect(await leaksInMessages()).toEqual([]);
  const measured = await metrics();
  expect(measured).toContain('ringshop_');
  expect(words.filter((word) => measured.includes(word))).toEqual([]);
}, 180_000);

const command = async (name: string, ...args: string[]): Promise<string> => {
  const { code, out, err } = await operatorCommand(shop, name, args, { RINGSHOP_SECRETS_DIR: dir });
  expect([code, err]).toEqual([0, '']);
  return out;
};

it('63: keys are rotated and a customer is erased by command: the others read their addresses, and the books still add up', async () => {
  const [erased, other] = await Promise.all([shop.customer(), shop.customer()]);
  const [gone, kept] = await Promise.all(
    [erased, other].map((customer) => customer.place({ body: { shipTo: shipTo() } })),
  );
  expect(await command('keys', 'rotate')).toMatch(/added k2[\s\S]*k2 seals[\s\S]*nothing is under k1/);
  expect(await command('keys', 'retire', 'k1')).toMatch(/^k1 is gone/m);
  const status = JSON.parse(await command('keys', 'status', '--json')) as {
    said: { opens: string[]; dataKeys: object };
  }[];
  expect(status.map(({ said }) => said.opens)).toEqual([['k2'], ['k2']]);
  // A customer's key is where their orders are: with few customers, a shard may hold none.
  expect(new Set(status.flatMap(({ said }) => Object.keys(said.dataKeys)))).toEqual(new Set(['k2']));
  await command('customers', 'erase', erased.id);
  const read = (customer: Customer, { body }: Answer) => customer.get(`/v1/orders/${body.orderId}/ship-to`);
  expect(await read(erased, gone!)).toMatchObject({ status: 410, body: { code: 'erased' } });
  expect((await erased.place()).status).toBe(403);
  expect((await read(other, kept!)).body.name).toMatch(/^Ada canaryname/);
  expect((await other.place()).status).toBe(201);
  await shop.adds();
}, 120_000);
