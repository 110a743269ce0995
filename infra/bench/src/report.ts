import { type ArmResult, isStandIn } from './arm-result.ts';
import { armsTable, cellsTable, partsTable, settingsText } from './docs/performance-tables.ts';
import { type Goal, goalLines } from './goal.ts';
import { isYardstick } from './yardstick/probes.ts';

interface Results {
  arms: ArmResult[];
  goals: Goal[];
}

/** What a person reads: the tables of the page, how each arm was set up, and the goals. */
export function report(results: Results): string {
  const { arms, goals } = results;
  const provider = arms.some(({ parts }) => Object.keys(parts).some(isStandIn));
  const parts = [
    armsTable(results),
    arms.every(isYardstick) ? '' : cellsTable(results),
    [partsTable(results), ...(provider ? ['In brackets: not counted, since it plays the payment provider.'] : [])].join(
      '\n',
    ),
    settingsText(results),
    goalLines(goals).join('\n'),
  ];
  return `\n${parts.filter((part) => part !== '').join('\n\n')}`;
}
