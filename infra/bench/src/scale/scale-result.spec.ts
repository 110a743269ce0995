import { describe, expect, it } from 'vitest';
import { divide, type SessionsSoFar, workBetween } from '../arms/database-counters.ts';
import { givenShards } from './given-scale.kit.ts';
import { scaleGoals, shardsResult } from './scale-result.ts';
import { partsTable } from './scale-text.ts';

const work = (cpuMs: number, walBytes: number, commits: number) => ({ cpuMs, walBytes, commits });

describe('a run with several shards', () => {
  it('may cost 1.15 times what one costs, and no more', () => {
    const against = (cpuMsPerOrder: number) =>
      scaleGoals([givenShards(4, { cpuMsPerOrder }), givenShards(1, { cpuMsPerOrder: 1 }), givenShards(2)])[0]!;
    expect(against(1.15)).toMatchObject({ measured: 1.15, met: true });
    expect(against(1.16)).toMatchObject({ measured: 1.16, met: false });
  });

  it('counts messages an order, and divides what PostgreSQL did as its sessions did it', () => {
    const databases = { order: work(30, 400, 6), inventory: work(10, 100, 3), payment: work(10, 0, 1) };
    const traces = { orders: 100, messages: 900, messageBytes: 50_000, databases };
    const { databases: divided, ...result } = shardsResult(givenShards(2), 2, [traces, traces]);
    expect(result).toMatchObject({ shards: 2, messagesPerOrder: 9, messageBytesPerOrder: 500 });
    const close = ({ cpuMs, walBytes, commits }: typeof divided.order) =>
      work(expect.closeTo(cpuMs), expect.closeTo(walBytes), expect.closeTo(commits));
    expect(divided.order).toEqual(close(work(0.24, 3_200, 0.06)));
    expect(divided.payment).toEqual(close(work(0.08, 0, 0.01)));
  });

  it('takes the shards for one part, and leaves out the payment provider', () => {
    const parts = { 'gateway-1': 0.1, 'order-1': 0.2, 'order-2.2': 0.3, simulators: 5 };
    expect(partsTable([givenShards(2, { parts })]).rows).toEqual([
      ['order', '0.500'],
      ['gateway', '0.100'],
    ]);
  });
});

it('a session that began meanwhile counts from nothing, and one that was there from what it had done', () => {
  const session = (cpuMs: number, walBytes: number) => ({ kind: 'order' as const, cpuMs, walBytes });
  const commits = (order: number) => ({ order, inventory: 0, payment: 0 });
  const before: SessionsSoFar = { sessions: new Map([[1, session(100, 1_000)]]), commits: commits(5) };
  const sessions = new Map([
    [1, session(150, 3_000)],
    [2, session(10, 500)],
  ]);
  expect(workBetween(before, { sessions, commits: commits(9) }).order).toEqual(work(60, 2_500, 4));
});

it('what is divided adds up to the total', () => {
  const observed = { order: work(3, 5, 7), inventory: work(2, 4, 1), payment: work(1, 1, 1) };
  const parts = Object.values(divide(work(1, 4_000, 0.1), [observed]));
  expect(parts.reduce((sum, { walBytes }) => sum + walBytes, 0)).toBeCloseTo(4_000);
  expect(parts.reduce((sum, { commits }) => sum + commits, 0)).toBeCloseTo(0.1);
});
