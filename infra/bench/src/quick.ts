import type { StatusJson } from '@ringshop/local';
import pg from 'pg';
import { oneTransaction, type Stretch, stretch, together } from './arms.ts';
import { ClosedLoop, type Outcome, percentile } from './closed-loop.ts';
import { createDatabase, databaseUrl } from './databases.ts';
import { type Benched, onOwnSystem } from './own-system.ts';
import { type Arm, armOf, atLeast, atMost, type Goal } from './report.ts';

const rounds = 3;
const ordersPerRound = 6_000;
/** The broker's optimising compiler is still at work after the first ten thousand. */
const warmUpOrders = 24_000;
const inFlight = 256;

export interface Result {
  arms: Arm[];
  goals: Goal[];
}

/**
 * The whole system and the yardstick on the same servers, in turn, in one run: machines are noisy, so only ratios from one
 * run mean something. Stretches alternate (A B A B …) so that a slow minute hits both.
 */
export function quick(note: (text: string) => void): Promise<Result> {
  note('starting the whole system (Kafka with its optimising compiler, as in production)');
  return onOwnSystem({ shards: 2, replicas: 1, kafkaJit: 'c2' }, 900_000, (benched) => measure(benched, note));
}

async function measure({ system, signal }: Benched, note: (text: string) => void): Promise<Result> {
  const status = await system.status();
  const pids = Object.fromEntries(status.parts.map((part) => [part.name, part.pid!]));
  const load = { gatewayUrl: status.gateway!, simulatorsUrl: urlOf(status, 'simulators'), signal };
  const a1Url = await createDatabase(status.postgres.url, 'yardstick');
  const busy = new ClosedLoop({ ...load, inFlight });
  await busy.prepare();

  note(`warming up: ${warmUpOrders} orders, ${inFlight} in flight`);
  await busy.place(warmUpOrders);
  await oneTransaction(a1Url, pids.postgres!, warmUpOrders);
  await untilQuiet(status);

  const ours: Stretch[] = [];
  const yardstick: Stretch[] = [];
  const latencies: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    signal.throwIfAborted();
    note(`round ${round} of ${rounds}: one transaction`);
    yardstick.push(await oneTransaction(a1Url, pids.postgres!, ordersPerRound));
    note(`round ${round} of ${rounds}: ringshop`);
    ours.push(
      await stretch(ordersPerRound, pids, async () => {
        const outcome = await busy.place(ordersPerRound);
        refuseFailures(outcome);
        latencies.push(...outcome.latencies);
        await untilQuiet(status);
      }),
    );
  }
  await busy.close();
  note('unloaded latency: one order at a time');
  const alone = new ClosedLoop({ ...load, inFlight: 1 });
  await alone.prepare();
  await alone.place(200);
  const unloaded = await alone.place(300);
  await alone.close();
  return conclude(together(ours), together(yardstick), Float64Array.from(latencies).sort(), unloaded.latencies);
}

function conclude(ours: Stretch, yardstick: Stretch, loaded: Float64Array, unloaded: Float64Array): Result {
  const a1 = armOf('A1: one transaction, one database, 32 clients', yardstick);
  const ringshop: Arm = {
    ...armOf(`ringshop: ${inFlight} orders in flight`, ours),
    p50Ms: Math.round(percentile(loaded, 0.5)),
    p99Ms: Math.round(percentile(loaded, 0.99)),
  };
  const goals = [
    atMost('cpu', 'CPU an order, against A1', 3, ringshop.cpuMsPerOrder / a1.cpuMsPerOrder),
    atLeast('throughput', 'completed orders/s, against A1', 0.33, ringshop.ordersPerSecond / a1.ordersPerSecond),
    atMost('latency', 'unloaded p50 from POST to confirmed, ms', 40, percentile(unloaded, 0.5)),
  ];
  return { arms: [a1, ringshop], goals };
}

function refuseFailures({ others }: Outcome): void {
  const list = Object.entries(others).map(([what, count]) => `${count} × ${what}`);
  if (list.length > 0) throw new Error(`orders that were not confirmed: ${list.join(', ')}; see the logs of the run`);
}

/** Every saga done and every outbox empty: what comes after the answer is part of an order's cost. */
async function untilQuiet(status: StatusJson): Promise<void> {
  const databases = status.parts
    .filter(({ kind }) => kind === 'order')
    .map(({ name }) => name.replace('-', '_').replace(/\..*/, ''));
  for (const database of new Set(databases)) {
    const client = new pg.Client({ connectionString: databaseUrl(status.postgres.url, database) });
    await client.connect();
    try {
      while ((await client.query('SELECT 1 FROM sagas WHERE NOT done LIMIT 1')).rowCount)
        await new Promise((next) => setTimeout(next, 20));
    } finally {
      await client.end();
    }
  }
}

function urlOf(status: StatusJson, name: string): string {
  const part = status.parts.find((candidate) => candidate.name === name);
  if (!part?.url) throw new Error(`${name} is not running`);
  return part.url;
}
