import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scenarios } from './scenarios/index.ts';

// The scripts' own functions, where k6 is not there: what it would answer and count is given here.
const k6 = vi.hoisted(() => {
  const counted: Record<string, unknown[]> = {};
  class Metric {
    readonly #values: unknown[] = [];
    constructor(name: string) {
      counted[name] = this.#values;
    }
    add(value: unknown): void {
      this.#values.push(value);
    }
  }
  const scenario = { name: '', startTime: 0, iterationInTest: 0 };
  return { counted, Metric, scenario, post: vi.fn(), put: vi.fn(), request: vi.fn(), abort: vi.fn() };
});
vi.mock('k6', () => ({ sleep: () => undefined }));
vi.mock('k6/execution', () => ({
  default: { scenario: k6.scenario, test: { abort: k6.abort } },
}));
vi.mock('k6/http', () => ({ default: { post: k6.post, put: k6.put, request: k6.request } }));
vi.mock('k6/metrics', () => ({ Counter: k6.Metric, Rate: k6.Metric, Trend: k6.Metric }));

type Script = Record<string, (...given: unknown[]) => unknown>;
const script = (name: string) => {
  const path = `../k6/${name}.js`;
  return import(path) as Promise<Script>;
};
/** What all scenarios share, with a stage that orders are due in. */
const shop = async () => {
  const shared = await script('shop');
  shared.arrivals!('buy', 10, 10);
  return shared;
};
const answer = (status: number, order: object = {}, headers = {}) => ({
  ...{ status, headers: { Location: '/v1/orders/1', ...headers } },
  json: (field: string) => (order as Record<string, unknown>)[field],
  timings: { blocked: 1, connecting: 1, duration: 40 },
});
const id = '0192f0c1-0000-7000-8000-000000000001';
const order = (status: string, more = {}) => ({ orderId: id, status, ...more });
const later = { 'Retry-After': '1' };
let said: string[];

beforeEach(() => {
  said = [];
  Object.assign(k6.scenario, { name: 'buy', startTime: Date.now(), iterationInTest: 0 });
  vi.stubGlobal('__ENV', { LAUNCHED: '1' });
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  for (const values of Object.values(k6.counted)) values.length = 0;
  for (const each of [k6.post, k6.put, k6.request, k6.abort]) each.mockReset();
});
const outcomes = () => said.map((line) => line.split(' ')[3]);

describe('an order that is waited for', () => {
  it('is told as it ended', async () => {
    const { place } = await shop();
    for (const end of [order('confirmed'), order('rejected', { reason: 'out-of-stock' })]) {
      k6.post.mockReturnValueOnce(answer(201, end));
      place!('token', { lines: [] });
    }
    expect(outcomes()).toEqual(['confirmed', 'rejected:out-of-stock']);
    expect(k6.counted).toMatchObject({ unended: [false, false], failed: [] });
    expect(k6.counted.placed_to_terminal).toHaveLength(2);
  });

  it('counts as unended when it has not ended then, and in no percentile', async () => {
    const { place } = await shop();
    k6.post.mockReturnValueOnce(answer(202, order('pending')));
    k6.request.mockReturnValue(answer(200, order('pending')));
    place!('token', { lines: [], wait: 0.02 });
    expect(outcomes().at(-1)).toBe('unended');
    expect(k6.counted).toMatchObject({ unended: [true], placed_to_terminal: [] });
  });

  it('is asked for again where the answer came too early', async () => {
    const { place } = await shop();
    k6.post.mockReturnValueOnce(answer(202, order('pending')));
    for (const status of ['pending', 'confirmed']) k6.request.mockReturnValueOnce(answer(200, order(status)));
    place!('token', { lines: [] });
    expect(outcomes()).toEqual(['read', 'read', 'confirmed']);
    expect(said.at(-1)).toMatch(new RegExp(`${id}$`));
    expect(k6.counted).toMatchObject({ unended: [false] });
  });
});

it('lets an order that nobody waits for be, and one that was refused', async () => {
  const { place } = await shop();
  k6.post.mockReturnValueOnce(answer(202, order('pending'))).mockReturnValueOnce(answer(503, {}, later));
  place!('token', { lines: [], wait: 0 });
  place!('token', { lines: [] });
  expect(outcomes()).toEqual(['accepted', 'refused']);
  expect(k6.counted).toMatchObject({ unended: [] });
});

it('takes only orders for refused orders, whatever is asked beside them', async () => {
  const { place, ask } = await shop();
  k6.post.mockReturnValueOnce(answer(503, {}, later)).mockReturnValueOnce(answer(201, order('confirmed')));
  k6.request.mockReturnValueOnce(answer(200)).mockReturnValueOnce(answer(429, {}, later));
  for (let n = 0; n < 2; n++) {
    place!('token', { lines: [] });
    ask!('products', 'GET', '/v1/products', 'token');
  }
  expect(k6.counted).toMatchObject({ refused: [true, false], refused_asks: [false, true], failed: [] });
});

describe('what a customer has waited', () => {
  /** The twentieth of ten a second, five seconds after the stage began: three seconds late, before it is answered in 42 ms. */
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    Object.assign(k6.scenario, { startTime: Date.now() - 5000, iterationInTest: 20 });
  });
  afterEach(() => void vi.useRealTimers());
  const ms = () => said.map((line) => line.split(' ')[4]);

  it('counts from when the order was due, whether it is let in or refused', async () => {
    const { place } = await shop();
    k6.post.mockReturnValueOnce(answer(201, order('confirmed'))).mockReturnValueOnce(answer(503, {}, later));
    for (let n = 0; n < 2; n++) place!('token', { lines: [] });
    expect(ms()).toEqual(['3042.00', '3042.00']);
    expect(k6.counted).toMatchObject({ placed_to_terminal: [3042], refusal: [3042] });
  });

  it('counts from the POST where nobody knows when it was due', async () => {
    const { place } = await shop();
    k6.post.mockReturnValueOnce(answer(201, order('confirmed')));
    place!('token', { lines: [], fromDue: false });
    expect(k6.counted).toMatchObject({ placed_to_terminal: [42] });
  });

  it('counts from when an iteration was due for what that asks first, and from the asking for the rest', async () => {
    const { ask } = await shop();
    k6.request.mockReturnValue(answer(200));
    ask!('products', 'GET', '/v1/products', 'token', { fromDue: true });
    ask!('orders', 'GET', '/v1/orders', 'token');
    expect(k6.counted).toMatchObject({ asked_to_answered: [3042, 42] });
  });

  it.each(['mixed', 'smoke'])('counts from then for the products of %s', async (name) => {
    const { browse } = await script(name);
    k6.scenario.name = 'browse';
    k6.request.mockReturnValue(answer(200, { items: Array(20) }));
    browse!(['token']);
    const [first, ...rest] = k6.counted.asked_to_answered!;
    expect(first).toBeGreaterThanOrEqual(3000);
    for (const other of rest) expect(other).toBe(42);
  });
});

describe('docs/load.md', () => {
  const doc = readFileSync(new URL('../../../docs/load.md', import.meta.url), 'utf8');

  it.each(Object.keys(scenarios))('names the thresholds of %s, all of them and as they are', async (name) => {
    const { options } = (await script(name)) as unknown as { options: { thresholds: Record<string, string[]> } };
    const each = Object.entries(options.thresholds).flatMap(([metric, all]) => all.map((is) => `\`${metric}: ${is}\``));
    expect(doc).toContain(`\n| \`${name}\` | ${each.join(', ')} |\n`);
  });
});

describe('without npm run load', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  beforeEach(() => void warn.mockClear());

  it.each(['rolling-restart', 'shard-down'])('%s is not begun', async (name) => {
    const { setup } = await script(name);
    k6.post.mockReturnValue(answer(200, { token: 'token' }));
    k6.abort.mockImplementation((why: string) => {
      throw new Error(why);
    });
    vi.stubGlobal('__ENV', { HEALTHY: 'a', SICK: 'b' });
    expect(() => setup!()).toThrow(`npm run load -- ${name}`);
    vi.stubGlobal('__ENV', { HEALTHY: 'a', SICK: 'b', LAUNCHED: '1' });
    expect(setup!()).toBeDefined();
  });

  it.each(['flash-sale', 'overload', 'ramp', 'soak'])('%s says what nobody judged', async (name) => {
    const { teardown } = await script(name);
    k6.put.mockReturnValue(answer(200));
    teardown!();
    expect(warn).not.toHaveBeenCalled();
    vi.stubGlobal('__ENV', {});
    teardown!();
    expect(warn.mock.lastCall).toEqual([expect.stringContaining('NOT JUDGED')]);
  });

  it.each(Object.entries(scenarios))(
    '%s says that its load goes by an assumed peak, where it does',
    async (name, { peak }) => {
      const { setup } = await script(name);
      k6.post.mockReturnValue(answer(200, { token: 'token' }));
      k6.put.mockReturnValue(answer(200));
      const told = { HEALTHY: 'a', SICK: 'b' };
      vi.stubGlobal('__ENV', { ...told, PEAK: '300' });
      setup!();
      expect(warn).not.toHaveBeenCalled();
      vi.stubGlobal('__ENV', told);
      setup!();
      const assumed = 'PEAK not given, 200 orders/s assumed; npm run load -- ramp measures it';
      expect(warn.mock.calls).toEqual(peak === 'needed' ? [[assumed]] : []);
    },
  );

  it('overload holds the payment provider up, and lets go of it; with it that is not left to the script', async () => {
    const { setup, teardown } = await script('overload');
    k6.post.mockReturnValue(answer(200, { token: 'token' }));
    k6.put.mockReturnValueOnce(answer(200)).mockReturnValueOnce(answer(200)).mockReturnValueOnce(answer(404));
    for (const each of [setup, teardown]) each!();
    expect(k6.put).not.toHaveBeenCalled();
    vi.stubGlobal('__ENV', {});
    for (const each of [setup, teardown]) each!();
    expect(k6.put.mock.calls.map(([, body]) => body)).toEqual(['{"authorisationsPerSecond":100}', '{}']);
    expect(setup).toThrow('PUT /faults answered 404');
  });

  it('prints no line for each outcome', async () => {
    const { note } = await shop();
    vi.stubGlobal('__ENV', {});
    note!(0, 'confirmed', 1);
    expect(said).toEqual([]);
  });
});
