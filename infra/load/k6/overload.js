// From 70 % of the peak to ten times of it and back, with a provider that does 100 authorisations a second: so the peak is
// known, and the machine is not spent on the generator. An open model: customers come whether or not others were served.
// Prints the id of every acknowledged order, one a line, for the audit (k6 --console-output). `src/overload.ts` judges.
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';

const gateway = __ENV.GATEWAY_URL || 'http://127.0.0.1:8080';
const simulators = __ENV.SIMULATORS_URL || 'http://127.0.0.1:8090';
const peak = 100;
const customers = 200;

/** Name, times the peak, seconds. */
const stages = [
  ['warm-up', 0.5, 10],
  ['calm', 0.7, 20],
  ['x1', 1, 20],
  ['x2', 2, 15],
  ['x5', 5, 15],
  ['x10', 10, 30],
  ['recovery', 0.7, 30],
  ['after', 0.7, 10],
];

const scenarios = {};
const thresholds = { 'answers{answer:other}': ['count==0'], dropped_iterations: ['count<500'] };
let startsAt = 0;
for (const [name, times, seconds] of stages) {
  const scenario = {
    executor: 'constant-arrival-rate',
    rate: Math.round(peak * times),
    duration: `${seconds}s`,
    startTime: `${startsAt}s`,
    preAllocatedVUs: Math.round(Math.max(40, peak * times * 0.4)),
    maxVUs: 1500,
    gracefulStop: '12s',
    tags: { stage: name },
  };
  scenarios[name] = scenario;
  startsAt += seconds;
  // A threshold is what makes k6 tell a metric by its tag; these always hold.
  for (const metric of ['order_ms', 'refusal_ms', 'refused_s']) thresholds[`${metric}{stage:${name}}`] = ['max>=0'];
  for (const answer of ['completed', 'refused']) thresholds[`answers{stage:${name},answer:${answer}}`] = ['count>=0'];
}

export const options = { scenarios, thresholds, summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'] };

const answers = new Counter('answers');
/** From the POST until the order has ended. */
const orderMs = new Trend('order_ms');
const refusalMs = new Trend('refusal_ms');
/** Seconds after the stage's beginning at which one was refused. */
const refusedS = new Trend('refused_s');

export function setup() {
  const headers = { 'content-type': 'application/json' };
  http.put(`${simulators}/faults`, JSON.stringify({ authorisationsPerSecond: peak }), { headers });
  return Array.from({ length: customers }, () =>
    http.post(`${simulators}/identity/token`, JSON.stringify({ sub: uuid() }), { headers }).json('token'),
  );
}

export function teardown() {
  http.put(`${simulators}/faults`, '{}', { headers: { 'content-type': 'application/json' } });
}

export default function (tokens) {
  const begun = exec.scenario.startTime;
  const body = {
    lines: [{ sku: `SKU-${String(1 + Math.floor(Math.random() * 890)).padStart(4, '0')}`, quantity: 1 }],
    payment: { token: 'tok_approve' },
    shipTo: { name: 'Ada Load', address: '1 Loopback Street' },
  };
  const answer = http.post(`${gateway}/v1/orders`, JSON.stringify(body), {
    headers: {
      authorization: `Bearer ${tokens[Math.floor(Math.random() * tokens.length)]}`,
      'content-type': 'application/json',
      'idempotency-key': uuid(),
      prefer: 'wait=10',
    },
  });
  if (answer.status === 503 && answer.headers['Retry-After']) {
    answers.add(1, { answer: 'refused' });
    refusalMs.add(answer.timings.duration);
    refusedS.add((Date.now() - begun) / 1000);
    return;
  }
  const acknowledged = answer.status === 201 || answer.status === 202;
  if (acknowledged) console.log(answer.json('orderId'));
  const completed = answer.status === 201 && answer.json('status') === 'confirmed';
  answers.add(1, { answer: completed ? 'completed' : acknowledged ? 'unfinished' : 'other' });
  if (acknowledged) orderMs.add(answer.timings.duration);
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify({ metrics: data.metrics, stages }) };
}

const uuid = () =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
