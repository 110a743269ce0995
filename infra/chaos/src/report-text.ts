import { styleText } from 'node:util';
import type { Report } from './report.ts';

const seconds = (ms: number | undefined | null) =>
  ms === undefined || ms === null || !Number.isFinite(ms) ? 'never' : `${(ms / 1_000).toFixed(1)} s`;

/** What a person wants to know after a run. */
export function reportText(report: Report): string {
  const { orders, calls, faults, failpoints, provider, longest, resigned, audit, reasons } = report;
  const faultLines = Object.entries(faults)
    .filter(([, { done }]) => done > 0)
    .map(([kind, { done, felt }]) => `  ${felt > 0 ? '✓' : '✗'} ${kind.padEnd(16)} ${done} done, ${felt} felt`);
  const held = audit?.invariants.filter(({ ok }) => ok).length ?? 0;
  return [
    '',
    `orders: ${listed(orders)}`,
    `why not confirmed: ${listed(report.ends)}`,
    `clients: ${listed(calls)}`,
    'faults:',
    ...faultLines,
    ...counted('failpoints:', failpoints),
    ...counted('what the payment provider did:', provider),
    ...(resigned.length > 0
      ? [`ended themselves for want of a consumer, and were started again: ${resigned.join(', ')}`]
      : []),
    `longest until an order was confirmed again: ${seconds(longest.toFirstConfirmed.ms)}, after ${longest.toFirstConfirmed.after}`,
    `longest until all earlier orders had ended: ${seconds(longest.toAllEnded.ms)}, after ${longest.toAllEnded.after}`,
    `all had ended ${seconds(longest.afterTheLastMs)} after the last healing`,
    `slowest orders: ${report.slowest.join('; ')}`,
    `audit: ${held} of ${audit?.invariants.length ?? 0} invariants hold`,
    '',
    ...reasons.map((reason) => styleText('red', `✗ ${reason}`)),
    ...(reasons.length === 0 ? [styleText('green', `✓ seed ${report.seed}: green`)] : []),
  ].join('\n');
}

const listed = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');

function counted(title: string, counts: Record<string, number>): string[] {
  const lines = Object.entries(counts).map(
    ([name, count]) => `  ${count > 0 ? '✓' : '✗'} ${name.padEnd(30)} ${count} ×`,
  );
  return lines.length > 0 ? [title, ...lines] : [];
}

/** The row that a run adds to the table in docs/reliability.md. */
export function markdownRow(report: Report): string {
  const done = Object.values(report.faults).reduce((sum, { felt }) => sum + felt, 0);
  const struck = Object.values(report.failpoints).reduce((sum, count) => sum + count, 0);
  const { acknowledged, confirmed, rejected, cancelled } = report.orders;
  const cells = [
    report.seed,
    report.minutes,
    report.replicas,
    acknowledged,
    `${confirmed} / ${rejected} / ${cancelled}`,
    `${done} (${struck})`,
    seconds(report.longest.toFirstConfirmed.ms),
    seconds(report.longest.toAllEnded.ms),
    seconds(report.longest.afterTheLastMs),
    report.ok ? 'green' : 'red',
  ];
  return `| ${cells.join(' | ')} |`;
}
