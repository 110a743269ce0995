import { styleText } from 'node:util';
import type { AuditReport } from './audit.ts';

const shown = 10;

/** The report for a person: one line an invariant, and under it what is wrong. */
export function reportText({ ok, invariants, parked }: AuditReport): string {
  const lines = invariants.flatMap(({ id, title, ok: holds, checked, violations }) => [
    `${holds ? styleText('green', '✓') : styleText('red', '✗')} ${styleText('bold', id.padEnd(3))}  ${title}  ${styleText('dim', `(${checked} checked)`)}`,
    ...(checked === 0 ? [`       ${styleText('red', 'nothing was checked')}`] : []),
    ...violations.slice(0, shown).map(({ subject, problem }) => `       ${styleText('red', subject)} ${problem}`),
    ...(violations.length > shown ? [`       … and ${violations.length - shown} more`] : []),
  ]);
  const waiting = parked.map(
    ({ orderId, step, since, error }) =>
      `  ${styleText('yellow', orderId)} at "${step}" since ${new Date(since).toISOString()}${error ? `: ${error}` : ''}`,
  );
  const verdict = ok ? styleText('green', 'All invariants hold.') : styleText('red', 'The system is not consistent.');
  return [...lines, ...(waiting.length > 0 ? ['', 'Parked, and still retried:', ...waiting] : []), '', verdict].join(
    '\n',
  );
}
