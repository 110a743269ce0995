/**
 * Stands behind both arms of the gateway benchmark and gives the same answers at once, so that what differs is the gateway.
 * It is no shard: it stores nothing. Runs as a process of its own: with PORT.
 */
import { createServer } from 'node:http';
import { firstMap } from '@ringshop/placement';

const orderId = '01a0c0de-0000-7000-8000-000000000000';
const order = JSON.stringify({
  orderId,
  customerId: '0198f0a0-0000-4000-8000-00000000000a',
  status: 'confirmed',
  lines: [{ sku: 'SKU-0001', quantity: 1, unitPrice: { amount: 1_400, currency: 'EUR' } }],
  total: { amount: 1_400, currency: 'EUR' },
  placedAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.020Z',
  version: 2,
});
const { members, slots } = firstMap(['order-1']);
const placement = JSON.stringify({ epoch: 1, members, slots });
const json = 'application/json; charset=utf-8';
const headersOf = (body: string, more = {}) => ({
  'content-type': json,
  'content-length': Buffer.byteLength(body),
  ...more,
});
const placed = headersOf(order, { location: `/v1/orders/${orderId}` });
const read = headersOf(order);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.once('end', () => {
    if (request.url === '/placement') response.writeHead(200, headersOf(placement)).end(placement);
    else if (request.method === 'POST') response.writeHead(202, placed).end(order);
    else response.writeHead(200, read).end(order);
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
