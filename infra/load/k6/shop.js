// What all scenarios share: who shops, what an order is, when it was due, and what came of it.
// For `npm run load` each outcome is one line on the console,
// `@ <scenario> <begun, epoch ms> <outcome> <ms since it was due> <order id or ->`, from which infra/load/src makes the table, the
// report and the audit's list of acknowledged orders.
import { sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

export const gateway = __ENV.GATEWAY_URL || 'http://127.0.0.1:8080';
const simulators = __ENV.SIMULATORS_URL || 'http://127.0.0.1:8090';
const assumedPeak = 200;
/** Orders a second that can be completed; `npm run load` tells what `ramp` measured. Without it a small machine's. */
export const peak = Number(__ENV.PEAK || assumedPeak);
/** Each VU of k6 has a copy of their tokens. */
const customers = 200;
const json = { 'content-type': 'application/json' };

/** From when an order was due to be placed until it had ended. */
const placedToTerminal = new Trend('placed_to_terminal', true);
/** From when what is asked beside orders was due, or was asked where it is not an iteration's first, until it was answered. */
const askedToAnswered = new Trend('asked_to_answered', true);
/** From when an order was due until it was told to come back later. */
const refusal = new Trend('refusal', true);
/** Of the orders placed, and of what is asked beside them: those told to come back later. */
const refused = new Rate('refused');
const refusedAsks = new Rate('refused_asks');
/** Of the orders that were let in and waited for, those that had not ended then: no percentile knows of them. */
const unended = new Rate('unended');
/** What nobody should be answered. */
const failed = new Counter('failed');

/** Whether `npm run load` reads what is noted, does what belongs to the scenario beside the load, and judges what k6 cannot. */
export const isLaunched = () => __ENV.LAUNCHED === '1';

const rates = {};

/** Iterations that begin at a rate, whether or not others have ended: an open model. */
export function arrivals(name, perSecond, seconds, more = {}) {
  const rate = Math.max(1, Math.round(perSecond));
  rates[name] = rate;
  return {
    executor: 'constant-arrival-rate',
    rate,
    duration: `${seconds}s`,
    // So many customers that none is missing when all wait for a second: what k6 finds only then has come too late.
    preAllocatedVUs: Math.min(400, Math.max(60, rate)),
    maxVUs: 1500,
    gracefulStop: '12s',
    ...more,
  };
}

/** `[name, orders a second, seconds, more of k6's settings]`, one after the other. */
export function stages(list) {
  let startsAt = 0;
  const scenarios = {};
  for (const [name, perSecond, seconds, more] of list) {
    scenarios[name] = arrivals(name, perSecond, seconds, { startTime: `${startsAt}s`, ...more });
    startsAt += seconds;
  }
  return scenarios;
}

/**
 * Nobody may be failed, k6 must have found a customer for (nearly) every order that was due, in the whole run or in the stages that
 * `thresholds` name, and (nearly) all must end.
 */
export const optionsOf = (scenarios, thresholds = {}) => ({
  scenarios,
  thresholds: {
    failed: ['count==0'],
    ...(!Object.keys(thresholds).some((name) => name.startsWith('dropped_iterations{')) && {
      dropped_iterations: ['count<20'],
    }),
    unended: ['rate<0.001'],
    ...thresholds,
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  setupTimeout: '120s',
});

/** Bearer tokens of new customers. */
export const tokensOf = (ids) =>
  ids.map((sub) => http.post(`${simulators}/identity/token`, JSON.stringify({ sub }), { headers: json }).json('token'));

export const setup = () => tokensOf(Array.from({ length: customers }, uuid));

/** For what goes by the peak: says when nobody has told it, and has tokens fetched. */
export function setupByPeak() {
  if (!__ENV.PEAK) console.warn(`PEAK not given, ${assumedPeak} orders/s assumed; npm run load -- ramp measures it`);
  return setup();
}

/** What the payment provider is to do wrong, or nothing. Throws when it does not take it. */
export function setFaults(faults) {
  const { status } = http.put(`${simulators}/faults`, JSON.stringify(faults), { headers: json });
  if (status !== 200) throw new Error(`the payment provider's PUT /faults answered ${status}, not 200`);
}

/** What would say nothing without `npm run load` is not begun. */
export function requireLauncher(why) {
  if (!isLaunched()) exec.test.abort(why);
}

/** What k6 can judge only in part is not taken for judged. */
export function sayUnjudged(what) {
  if (!isLaunched()) console.warn(`NOT JUDGED: ${what}. For that: npm run load`);
}

/**
 * When this iteration was due, in epoch ms. k6 begins the n-th of a scenario at n / rate after its start, or later when the
 * generator has no time, and then a customer has waited already: latencies count from here. An iteration that it drops is not
 * counted by its `n`, so that after d of them this is d places too early: too slow is reported then, and never too fast.
 */
export const dueAt = () => exec.scenario.startTime + (exec.scenario.iterationInTest * 1000) / rates[exec.scenario.name];
const lateness = (begun) => Math.max(0, begun - dueAt());

/**
 * Places an order, waits for its end (or `wait` seconds) and notes what came of it. What an iteration does first, since it
 * counts from when that was due. @returns k6's response
 */
export function place(
  token,
  { lines = twoLines(), wait = 10, payment = 'tok_approve', key = uuid(), tries = 0, fromDue = true } = {},
) {
  const begun = Date.now();
  const late = fromDue ? lateness(begun) : 0;
  const body = JSON.stringify({
    lines,
    payment: { token: payment },
    shipTo: { name: 'Ada', address: '1 Loopback St' },
  });
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key, ...json };
  if (wait > 0) headers.prefer = `wait=${wait}`;
  const response = http.post(`${gateway}/v1/orders`, body, { headers, tags: { name: 'place' } });
  const { blocked, connecting, duration } = response.timings;
  let outcome = outcomeOf(response);
  let took = blocked + connecting + duration;
  if (outcome === 'accepted' && wait > 0) {
    // A replica that stops tells those who wait how their order stands: they ask on.
    outcome = askUntilEnded(response.headers.Location, token, { untilMs: begun + wait * 1000 }) || 'unended';
    took = Date.now() - begun;
  }
  refused.add(outcome === 'refused');
  if (isAcknowledged(response) && wait > 0) unended.add(outcome === 'unended');
  // Who comes back was due long ago for what they want; being refused again took as long as it took.
  const waited = outcome === 'refused' && tries > 0 ? 0 : late;
  if (outcome === 'refused') refusal.add(waited + took);
  note(begun, outcome, waited + took, orderIdIn(response));
  return response;
}

/** Reads an order again and again. @returns how it ended, undefined where it has not until then or cannot be read */
export function askUntilEnded(location, token, { untilMs, isEnd = (outcome) => ended.test(outcome) }) {
  while (Date.now() < untilMs) {
    const read = ask('read', 'GET', location, token);
    if (read.status !== 200) return undefined;
    const outcome = statusIn(read);
    if (isEnd(outcome)) return outcome;
    sleep(0.1);
  }
  return undefined;
}

/** A buyer who is told to come back later does, with the same key, and has been waiting since the first time. */
export function insist(token, options) {
  const key = uuid();
  for (let tries = 0; tries < 20; tries++) {
    const response = place(token, { ...options, key, tries });
    const again = Number(response.headers['Retry-After']);
    if (!again) return;
    sleep(again * (0.75 + Math.random() / 2));
  }
  note(Date.now(), 'failed:gave-up', Date.now() - dueAt());
}

/**
 * For what is asked beside orders: noted as `name` when it was answered as it should be. With `fromDue` it counts from when the
 * iteration was due, for what that does first. @returns k6's response
 */
export function ask(name, method, path, token, { isRight = isOk, headers = {}, fromDue = false } = {}) {
  const begun = Date.now();
  const late = fromDue ? lateness(begun) : 0;
  const all = { authorization: `Bearer ${token}`, ...headers };
  const response = http.request(method, `${gateway}${path}`, null, { headers: all, tags: { name }, timeout: '15s' });
  const outcome = isRight(response) ? name : failureOf(response);
  refusedAsks.add(outcome === 'refused');
  const { blocked, connecting, duration } = response.timings;
  const ms = late + blocked + connecting + duration;
  if (outcome === name) askedToAnswered.add(ms, { name });
  note(begun, outcome, ms);
  return response;
}

export function note(begun, outcome, ms, orderId = '-') {
  if (ended.test(outcome)) placedToTerminal.add(ms);
  if (outcome.startsWith('failed')) failed.add(1, { outcome });
  if (isLaunched()) console.log(`@ ${exec.scenario.name} ${Math.round(begun)} ${outcome} ${ms.toFixed(2)} ${orderId}`);
}

const isOk = ({ status }) => status === 200;
const ended = /^(confirmed|rejected|cancelled)/;

export const isAcknowledged = ({ status }) => status === 201 || status === 202;
const orderIdIn = (response) => (isAcknowledged(response) ? response.json('orderId') : '-');

function outcomeOf(response) {
  if (response.status === 202) return 'accepted';
  return response.status === 201 ? statusIn(response) : failureOf(response);
}

function statusIn(response) {
  const status = response.json('status');
  return status === 'rejected' ? `rejected:${response.json('reason')}` : status;
}

/** Told when to come back is a refusal; anything else is a failure. */
const failureOf = ({ status, headers }) =>
  (status === 503 || status === 429) && headers['Retry-After'] ? 'refused' : `failed:${status}`;

/** Two different products of the thousand that is in plentiful stock. */
export function twoLines() {
  const first = Math.floor(Math.random() * 890);
  const second = (first + 1 + Math.floor(Math.random() * 889)) % 890;
  return [first, second].map((n) => ({ sku: `SKU-${String(1 + n).padStart(4, '0')}`, quantity: 1 }));
}

export const any = (list) => list[Math.floor(Math.random() * list.length)];

/** By Zipf's law: the second comes half as often as the first, the third a third as often. */
export function byZipf(list) {
  // Drawn log-uniformly, which is nearly it, and kept as often as makes it exact: no table for each of a thousand VUs.
  for (;;) {
    const rank = Math.floor((list.length + 1) ** Math.random());
    if (Math.random() < Math.LN2 / (rank * Math.log1p(1 / rank))) return list[Math.min(rank, list.length) - 1];
  }
}

export const uuid = () =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
