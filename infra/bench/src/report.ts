import { type ArmResult, isStandIn } from './arm-result.ts';
import { type Goal, goalLines } from './goal.ts';

/** The table a person reads. */
export function table(arms: ArmResult[], goals: Goal[]): string {
  const lines = [''];
  for (const arm of arms) {
    lines.push(
      `${arm.name} (${arm.title}): ${arm.ordersPerSecond} orders/s, ${arm.cpuMsPerOrder} CPU-ms an order   p50 ${arm.p50Ms} ms, p99 ${arm.p99Ms} ms`,
    );
    for (const [part, ms] of Object.entries(arm.parts)) {
      const note = isStandIn(part) ? '   not counted: plays the payment provider' : '';
      lines.push(`  ${part.padEnd(14)}${ms.toFixed(3).padStart(8)}${note}`);
    }
    lines.push('');
  }
  return [...lines, ...goalLines(goals)].join('\n');
}
