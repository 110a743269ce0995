import { cpuMsByPart } from './cpu.ts';

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
