import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { SystemUrls } from '../system.ts';
import type { Evidence } from './evidence.ts';
import { sameKeySameOrder } from './i6-same-key-same-order.ts';
import { noForeignData } from './i10-no-foreign-data.ts';
import { placeProbe } from './probe.ts';

/** What this gateway gets wrong; everything else about it is right, as far as the probes can see. */
type Fault =
  | 'none'
  | 'forgets keys'
  | 'ignores bodies'
  | 'shows timelines'
  | 'lists everything'
  | 'shares keys'
  | 'needs no token';

let server: Server | undefined;
afterEach(() => void server?.close());

async function evidenceWith(fault: Fault): Promise<Evidence> {
  const orders = new Map<string, { orderId: string; customer: string; body: string }>();
  server = createServer(async (request, response) => {
    const { status, body } = answer(request, await textOf(request), fault, orders);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const probe = await placeProbe({ gateway: url, simulators: url } as SystemUrls);
  return { probe, databases: { shards: [] } } as unknown as Evidence;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function answer(
  request: IncomingMessage,
  text: string,
  fault: Fault,
  orders: Map<string, { orderId: string; customer: string; body: string }>,
): { status: number; body: unknown } {
  const path = request.url!;
  if (path === '/identity/token') return { status: 200, body: { token: JSON.parse(text).sub } };
  const customer = request.headers.authorization?.replace('Bearer ', '') ?? '';
  if (!customer) return { status: fault === 'needs no token' ? 200 : 401, body: {} };
  if (request.method === 'POST') {
    const own = fault === 'shares keys' ? '' : customer;
    const key = `${own} ${fault === 'forgets keys' ? randomUUID() : request.headers['idempotency-key']}`;
    const known = orders.get(key) ?? { orderId: randomUUID(), customer, body: text };
    if (known.body !== text && fault !== 'ignores bodies') return { status: 422, body: {} };
    orders.set(key, known);
    return { status: 202, body: { orderId: known.orderId } };
  }
  const mine = [...orders.values()].filter((order) => order.customer === customer || fault === 'lists everything');
  if (path.startsWith('/v1/orders?')) return { status: 200, body: { items: mine } };
  const shown = path.endsWith('/timeline') && fault === 'shows timelines';
  return { status: shown || mine.some(({ orderId }) => path.includes(orderId)) ? 200 : 404, body: {} };
}

it.each([
  ['none', ''],
  ['forgets keys', 'its key and body, repeated, gave 202'],
  ['ignores bodies', 'its key with another body gave 202'],
] as const)('I6 meets a gateway whose fault is: %s', async (fault, problem) => {
  const { checked, violations } = await sameKeySameOrder.check(await evidenceWith(fault));
  expect(checked).toBeGreaterThan(0);
  expect(violations.map((violation) => violation.problem).join()).toMatch(problem === '' ? /^$/ : problem);
});

it.each([
  ['none', ''],
  ['shows timelines', '/timeline: a stranger was answered with 200'],
  ['lists everything', "a stranger's list holds"],
  ['shares keys', "a stranger's use of the same key gave 202"],
  ['needs no token', 'asked without a token, it was answered with 200'],
] as const)('I10 meets a gateway whose fault is: %s', async (fault, problem) => {
  const { checked, violations } = await noForeignData.check(await evidenceWith(fault));
  expect(checked).toBe(7);
  const found = violations.map((violation) => `${violation.subject}: ${violation.problem}`).join();
  expect(found).toMatch(problem === '' ? /^$/ : problem);
});
