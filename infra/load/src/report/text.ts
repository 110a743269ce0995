import { styleText } from 'node:util';
import { reportText, table } from '@ringshop/operator';
import type { Goal } from '../scenario.ts';
import { stageHead, stageRows } from '../stage-table.ts';
import type { Outcome } from './outcome.ts';

/** What a person reads in the terminal when the run is over. */
export function outcomeText({ name, tallies, thresholds, goals, audit, ok }: Outcome): string {
  const verdict = ok ? styleText('green', `${name} is green`) : styleText('red', `${name} is red`);
  const audited = audit ? reportText(audit) : '';
  const parts = [audited, table(stageHead, stageRows(tallies)), lines(thresholds), lines(goals), verdict];
  return `\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const lines = (goals: Goal[]) =>
  goals
    .map(({ goal, measured, met }) => `${met ? styleText('green', '✓') : styleText('red', '✗')} ${goal}: ${measured}`)
    .join('\n');
