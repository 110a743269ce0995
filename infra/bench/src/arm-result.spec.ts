import { expect, it } from 'vitest';
import { armResult, cpuByKind } from './arm-result.ts';
import type { Sample } from './measure.ts';

const about = { name: 'ringshop', title: 'the whole system', settings: [] };
const cell = { paymentMs: 0, hotSkus: 1_000, inFlight: 256 };
const sample = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  orders: 1_000,
  seconds,
  cpuMs: { gateway: 200, postgres: 300, simulators: 5_000 },
  latenciesMs: [10, 20, 30],
  others: {},
  walBytes: 4_000_000,
  commits: Promise.resolve(100),
  ...more,
});

it('is the median of its rounds, and keeps each round', async () => {
  const result = await armResult(about, cell, [sample(1), sample(0.5), sample(10)]);
  expect(result).toMatchObject({ name: 'ringshop', arm: 'ringshop', orders: 3_000, ordersPerSecond: 1_000 });
  expect(result.rounds.map(({ ordersPerSecond }) => ordersPerSecond)).toEqual([1_000, 2_000, 100]);
});

it('is not rounded: goals are ratios of it, and 41 may be 40.6', async () => {
  const { ordersPerSecond, rounds, parts } = await armResult(about, cell, [sample(24.6, { orders: 999 })]);
  expect(ordersPerSecond).toBe(999 / 24.6);
  expect(rounds[0]).toMatchObject({ ordersPerSecond: 999 / 24.6, walBytesPerOrder: 4_000_000 / 999 });
  expect(parts.gateway).toBe(200 / 999);
});

it('shows the CPU of the payment provider, and does not count it', async () => {
  const { cpuMsPerOrder, parts } = await armResult(about, cell, [sample(1)]);
  expect(cpuMsPerOrder).toBe(0.5);
  expect(parts).toEqual({ gateway: 0.2, postgres: 0.3, simulators: 5 });
});

it('has the parts of the round whose total is the median, so that they add up to it, provider or not', async () => {
  const cpu = (gateway: number, postgres: number, simulators = 0) =>
    sample(1, { cpuMs: { gateway, postgres, simulators } });
  const rounds = [cpu(100, 900), cpu(500, 100, 5_000), cpu(300, 400), cpu(2_000, 3_000)];
  const odd = await armResult(about, cell, rounds.slice(0, 3));
  expect(odd.parts).toEqual({ gateway: 0.3, postgres: 0.4, simulators: 0 });
  expect(odd.cpuMsPerOrder).toBe(0.7);
  const even = await armResult(about, cell, rounds);
  expect(even.parts).toEqual(odd.parts);
  expect(even.cpuMsPerOrder).toBe(0.85);
});

it('says how many orders the arm had under way, and not how many it was offered', async () => {
  const few = { ...about, inFlight: ({ paymentMs }: { paymentMs: number }) => (paymentMs === 0 ? 32 : 96) };
  expect((await armResult(few, cell, [sample(1)])).cell).toEqual({ ...cell, inFlight: 32 });
  expect((await armResult(few, { ...cell, paymentMs: 20 }, [sample(1)])).cell.inFlight).toBe(96);
  expect((await armResult(about, cell, [sample(1)])).cell).toEqual(cell);
});

it('shards and replicas of one kind of part are one', () => {
  const kinds = cpuByKind({ 'order-1': 0.2, 'order-2.2': 0.3, 'gateway-1': 0.1, postgres: 0.4, simulators: 5 });
  expect(kinds).toEqual({ order: 0.5, gateway: 0.1, postgres: 0.4, simulators: 5 });
});

it('hides no order that did not end as it should, whatever became of it', async () => {
  const late = sample(1, { refused: 3, others: { '503 overloaded': 20, '202 pending': 4 } });
  expect(await armResult(about, cell, [late, sample(1)])).toMatchObject({ refused: 27 });
});

it('has commits and WAL an order where they were counted, and does not make them up', async () => {
  expect(await armResult(about, cell, [sample(1)])).toMatchObject({ commitsPerOrder: 0.1, walBytesPerOrder: 4_000 });
  const { walBytes, commits, ...bare } = sample(1);
  const without = await armResult(about, cell, [bare]);
  expect(without).not.toHaveProperty('commitsPerOrder');
  expect(without).not.toHaveProperty('walBytesPerOrder');
});
