import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuMsByPart, cpuMsOf } from './cpu.ts';

/** One measured stretch of one arm. */
export interface Stretch {
  orders: number;
  /** From the first order placed to the last one completely done, tail included. */
  seconds: number;
  /** CPU by part, in ms, from the operating system's accounting. */
  cpuMs: Record<string, number>;
}

/** Measures what `work` costs the processes named in `pids`. */
export async function stretch(
  orders: number,
  pids: Record<string, number>,
  work: () => Promise<void>,
): Promise<Stretch> {
  const before = cpuMsByPart(pids);
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const after = cpuMsByPart(pids);
  const cpuMs = Object.fromEntries(Object.keys(pids).map((name) => [name, after[name]! - before[name]!]));
  return { orders, seconds, cpuMs };
}

/** The yardstick A1 in a process of its own: its client's CPU counts, as the services' does. */
export async function oneTransaction(databaseUrl: string, postgresPid: number, orders: number): Promise<Stretch> {
  const worker = fork(new URL('./one-transaction.js', import.meta.url), [databaseUrl, String(orders)]);
  try {
    await once(worker, 'message');
    const clientBefore = cpuMsOf(worker.pid!);
    const measured = await stretch(orders, { postgres: postgresPid }, async () => {
      worker.send('start');
      await once(worker, 'message');
    });
    measured.cpuMs.client = cpuMsOf(worker.pid!) - clientBefore;
    worker.send('end');
    await once(worker, 'exit');
    return measured;
  } finally {
    worker.kill();
  }
}

/** Several stretches of one arm as one. */
export function together(stretches: Stretch[]): Stretch {
  const sum: Stretch = { orders: 0, seconds: 0, cpuMs: {} };
  for (const { orders, seconds, cpuMs } of stretches) {
    sum.orders += orders;
    sum.seconds += seconds;
    for (const [part, ms] of Object.entries(cpuMs)) sum.cpuMs[part] = (sum.cpuMs[part] ?? 0) + ms;
  }
  return sum;
}
