import type { DatabaseKind } from '../arms/database-counters.ts';
import type { Assumptions } from './assumptions.ts';
import type { Figures } from './figures.ts';

/** How there can be more of it. */
export type Growth = 'replicas' | 'partitions' | 'shards' | 'brokers' | 'not';

/** One kind of thing that can be full. */
export interface Part {
  name: string;
  /** CPU-ms of an order in all of them together. */
  cpuMs: number;
  /** Orders/s that one of them carries, by what it would run out of. */
  limits: Record<string, number>;
  grows: Growth;
  /** There are never fewer. */
  least: number;
}

/** Every part of a system, with what one of its kind carries. */
export function partsOf(figures: Figures, assume: Assumptions): Part[] {
  const { cpuMs } = figures;
  return [
    process('gateway', cpuMs.gateway, assume, 'replicas'),
    process('order', cpuMs.order, assume, 'shards'),
    database('order', figures, assume, 'shards'),
    process('inventory', cpuMs.inventory, assume, 'partitions'),
    database('inventory', figures, assume, 'not'),
    process('Redis', cpuMs.redis, assume, 'not'),
    process('payment', cpuMs.payment, assume, 'partitions'),
    database('payment', figures, assume, 'not'),
    broker(figures, assume),
  ];
}

/** What it runs out of first, and at how many orders/s. */
export function firstLimit({ limits }: Part): { of: string; carries: number } {
  const [of, carries] = Object.entries(limits).toSorted(([, a], [, b]) => a - b)[0]!;
  return { of, carries };
}

/** Node and Redis do their work in one thread: one of them fills one core. */
const process = (name: string, cpuMs: number, { utilisation }: Assumptions, grows: Growth): Part => ({
  name,
  cpuMs,
  limits: { CPU: (utilisation * 1_000) / cpuMs },
  grows,
  least: 1,
});

function database(kind: DatabaseKind, { databases }: Figures, assume: Assumptions, grows: Growth): Part {
  const { cpuMs, walBytes, commits } = databases[kind];
  const { utilisation, databaseCores, diskMb } = assume;
  const limits = {
    CPU: (utilisation * databaseCores * 1_000) / cpuMs,
    commits: (utilisation * assume.commits) / commits,
    WAL: (utilisation * diskMb * 1e6) / walBytes,
  };
  return { name: `${kind} database`, cpuMs, limits, grows, least: 1 };
}

/** Every copy is written once, and read once: by another broker, or by the service that it is for. */
function broker({ cpuMs, messageBytes }: Figures, assume: Assumptions): Part {
  const { utilisation, replication, brokerCores, diskMb, networkMb } = assume;
  const limits = {
    CPU: (utilisation * brokerCores * 1_000) / (replication * cpuMs.kafka),
    disk: (utilisation * diskMb * 1e6) / (replication * messageBytes),
    network: (utilisation * networkMb * 1e6) / (replication * messageBytes),
  };
  return { name: 'Kafka broker', cpuMs: replication * cpuMs.kafka, limits, grows: 'brokers', least: replication };
}
