import type { Performance } from '../docs/performance.ts';
import type { ShardsResult } from './scale-result.ts';

/** A run with round numbers, for specs: nothing of it was measured. */
export function givenShards(shards: number, more: Partial<ShardsResult> = {}): ShardsResult {
  return {
    name: `ringshop-${shards}`,
    arm: `ringshop-${shards}`,
    title: 'made up',
    settings: [],
    cell: { paymentMs: 0, hotSkus: 1_000, inFlight: 256 },
    orders: 10_000,
    ordersPerSecond: 1_000,
    cpuMsPerOrder: 1.3,
    parts: {
      'gateway-1': 0.2,
      ...Object.fromEntries(Array.from({ length: shards }, (_, index) => [`order-${index + 1}`, 0.4 / shards])),
      'inventory-1': 0.1,
      'payment-1': 0.1,
      kafka: 0.1,
      redis: 0.01,
      postgres: 0.4,
      simulators: 5,
    },
    refused: 0,
    p50Ms: 10,
    p99Ms: 20,
    commitsPerOrder: 0.1,
    walBytesPerOrder: 4_000,
    rounds: [{ ordersPerSecond: 1_000, cpuMsPerOrder: 1.3, p50Ms: 10, p99Ms: 20 }],
    shards,
    messagesPerOrder: 10,
    messageBytesPerOrder: 5_000,
    databases: {
      order: { cpuMs: 0.2, walBytes: 2_000, commits: 0.05 },
      inventory: { cpuMs: 0.1, walBytes: 1_000, commits: 0.03 },
      payment: { cpuMs: 0.1, walBytes: 1_000, commits: 0.02 },
    },
    ...more,
  };
}

export function givenPerformance(arms = [1, 2, 4].map((shards) => givenShards(shards))): Partial<Performance> {
  const machine = { cores: 2, cpu: 'made up', memoryGb: 8, system: 'linux x64', node: 'v24' };
  const run = { machine, command: 'npm run bench -- scale', at: '2026-01-01T00:00:00.000Z', durationS: 60 };
  return { scale: { arms, goals: [], ...run } };
}
