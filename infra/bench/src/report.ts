import type { Stretch } from './arms.ts';

export interface Arm {
  name: string;
  orders: number;
  ordersPerSecond: number;
  /** Without the stand-ins: a payment provider's CPU is the provider's. */
  cpuMsPerOrder: number;
  /** CPU-ms an order, by part, stand-ins too. */
  parts: Record<string, number>;
  p50Ms?: number;
  p99Ms?: number;
}

export interface Goal {
  id: string;
  goal: string;
  measured: number;
  met: boolean;
}

/** Parts that play somebody else's system. */
const standIns = new Set(['simulators']);

export function armOf(name: string, { orders, seconds, cpuMs }: Stretch): Arm {
  const parts = Object.fromEntries(Object.entries(cpuMs).map(([part, ms]) => [part, round(ms / orders, 3)]));
  const counted = Object.entries(cpuMs).filter(([part]) => !standIns.has(part));
  const total = counted.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    name,
    orders,
    ordersPerSecond: Math.round(orders / seconds),
    cpuMsPerOrder: round(total / orders, 3),
    parts,
  };
}

export const atMost = (id: string, what: string, limit: number, measured: number): Goal => ({
  id,
  goal: `${what} ≤ ${limit}`,
  measured: round(measured, 2),
  met: measured <= limit,
});

export const atLeast = (id: string, what: string, limit: number, measured: number): Goal => ({
  id,
  goal: `${what} ≥ ${limit}`,
  measured: round(measured, 2),
  met: measured >= limit,
});

/** The table a person reads. */
export function table(arms: Arm[], goals: Goal[]): string {
  const lines = [''];
  for (const arm of arms) {
    const latency = arm.p50Ms === undefined ? '' : `   p50 ${arm.p50Ms} ms, p99 ${arm.p99Ms} ms`;
    lines.push(`${arm.name}: ${arm.ordersPerSecond} orders/s, ${arm.cpuMsPerOrder} CPU-ms an order${latency}`);
    for (const [part, ms] of Object.entries(arm.parts)) {
      const note = standIns.has(part) ? '   not counted: plays the payment provider' : '';
      lines.push(`  ${part.padEnd(14)}${ms.toFixed(3).padStart(8)}${note}`);
    }
    lines.push('');
  }
  for (const { goal, measured, met } of goals) lines.push(`${met ? '✓' : '✗'} ${goal.padEnd(72)} ${measured}`);
  return lines.join('\n');
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
