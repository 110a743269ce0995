// Half a minute of customers at the gateway: they browse, place orders and look at them. Bounded in rate and time.
// Prints the id of every acknowledged order, one a line, for the audit that follows (k6 --console-output).
import { check } from 'k6';
import http from 'k6/http';

const gateway = __ENV.GATEWAY_URL || 'http://127.0.0.1:8080';
const simulators = __ENV.SIMULATORS_URL || 'http://127.0.0.1:8090';
const customers = 20;

export const options = {
  scenarios: {
    shoppers: {
      executor: 'constant-arrival-rate',
      rate: 30,
      timeUnit: '1s',
      duration: '25s',
      preAllocatedVUs: 40,
      maxVUs: 100,
      exec: 'shop',
    },
    browsers: {
      executor: 'constant-arrival-rate',
      rate: 20,
      timeUnit: '1s',
      duration: '25s',
      preAllocatedVUs: 10,
      maxVUs: 30,
      exec: 'browse',
    },
  },
  thresholds: {
    checks: ['rate>0.99'],
    http_req_failed: ['rate<0.01'],
    'http_req_duration{name:place}': ['p(95)<1000'],
    'http_req_duration{name:products}': ['p(95)<300'],
    dropped_iterations: ['count<10'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

export function setup() {
  const body = (sub) => JSON.stringify({ sub });
  const headers = { 'content-type': 'application/json' };
  return Array.from({ length: customers }, () =>
    http.post(`${simulators}/identity/token`, body(uuid()), { headers }).json('token'),
  );
}

export function shop(tokens) {
  const headers = { authorization: `Bearer ${pick(tokens)}` };
  const payment = { token: pick(['tok_approve', 'tok_approve', 'tok_approve', 'tok_approve', 'tok_decline']) };
  const lines = [{ sku: sku(), quantity: 1 + Math.floor(Math.random() * 3) }];
  if (Math.random() < 0.1) lines.push({ sku: 'SKU-0910', quantity: 1 });
  const placed = http.post(
    `${gateway}/v1/orders`,
    JSON.stringify({ lines, payment, shipTo: { name: 'Ada Load', address: '1 Loopback Street' } }),
    {
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': uuid(), prefer: 'wait=5' },
      tags: { name: 'place' },
    },
  );
  check(placed, {
    'an order is acknowledged': ({ status }) => status === 201 || status === 202,
    'an order ends': (r) => r.status === 201 && ['confirmed', 'rejected'].includes(r.json('status')),
  });
  if (placed.status !== 201 && placed.status !== 202) return;
  console.log(placed.json('orderId'));
  const read = http.get(`${gateway}${placed.headers.Location}`, { headers, tags: { name: 'read' } });
  check(read, { 'it is read back at once': (r) => r.status === 200 && r.json('orderId') === placed.json('orderId') });
}

export function browse(tokens) {
  const headers = { authorization: `Bearer ${pick(tokens)}` };
  const page = http.get(`${gateway}/v1/products?limit=20`, { headers, tags: { name: 'products' } });
  check(page, { 'a page of products': (r) => r.status === 200 && r.json('items').length === 20 });
  const mine = http.get(`${gateway}/v1/orders?limit=5`, { headers, tags: { name: 'orders' } });
  check(mine, { 'a list of one’s own orders': ({ status }) => status === 200 });
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const sku = () => `SKU-${String(1 + Math.floor(Math.random() * 890)).padStart(4, '0')}`;
const uuid = () =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
