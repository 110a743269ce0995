import { assumptionLines, usualAssumptions } from '../capacity/assumptions.ts';
import { capacity } from '../capacity/capacity.ts';
import { limitsTable, ratesTable } from '../capacity/capacity-text.ts';
import { figuresOf } from '../capacity/figures.ts';
import { firstLimit, partsOf } from '../capacity/parts.ts';
import { type Goal, rangeOf, titleOf } from '../goal.ts';
import { idleTable, windowsText } from '../idle/idle-result.ts';
import { markdown } from '../markdown.ts';
import { databasesTable, partsTable, shardsTable } from '../scale/scale-text.ts';
import type { Performance } from './performance.ts';
import { runText } from './performance-tables.ts';

const rates = [1_000, 10_000, 100_000];
const notYet = (benchmark: string) => `*Not measured yet: \`npm run bench -- ${benchmark} --save\`.*`;

/** Everything in docs/scaling.md that is made from docs/performance.json. What has not been measured says so. */
export const scalingParts = (performance: Partial<Performance>): Record<string, string> => ({
  ...scaleParts(performance),
  ...capacityParts(performance),
  ...idleParts(performance),
});

function scaleParts({ scale }: Partial<Performance>) {
  if (!scale) return all(['scale-run', 'scale', 'scale-parts', 'scale-databases', 'scale-goal'], notYet('scale'));
  const { arms, goals } = scale;
  return {
    'scale-run': runText(scale),
    scale: markdown(shardsTable(arms)),
    'scale-parts': markdown(partsTable(arms)),
    'scale-databases': markdown(databasesTable(arms.at(-1)!)),
    'scale-goal': goals.map(goalLine).join('\n'),
  };
}

function capacityParts(performance: Partial<Performance>) {
  const names = ['first', 'limits', 'rates', 'assumptions'];
  if (!performance.scale) return all(names, notYet('scale'));
  const parts = partsOf(figuresOf(performance), usualAssumptions);
  const [first, ...others] = parts.toSorted((a, b) => firstLimit(a).carries - firstLimit(b).carries);
  const singles = [first!, ...others].filter(({ grows }) => grows === 'not');
  const said = (part: typeof first) =>
    `${part!.name} (${Math.floor(firstLimit(part!).carries).toLocaleString('en')} orders/s)`;
  return {
    first: `With one of each, **${said(first)}** is full first. Of what there can be only one, ${said(singles[0])} is.`,
    limits: markdown(limitsTable(parts, usualAssumptions)),
    rates: markdown(ratesTable(rates.map((rate) => capacity(rate, parts)))),
    assumptions: assumptionLines(usualAssumptions)
      .map((line) => `* \`${line.replace(':', '`:')}`)
      .join('\n'),
  };
}

function idleParts({ idle }: Partial<Performance>) {
  if (!idle) return all(['idle', 'idle-goals'], notYet('idle'));
  return {
    idle: [`${runText(idle)} ${windowsText(idle)}`, '', markdown(idleTable(idle))].join('\n'),
    'idle-goals': idle.goals.map(goalLine).join('\n'),
  };
}

const all = (names: string[], text: string) => Object.fromEntries(names.map((name) => [name, text]));
function goalLine(goal: Goal): string {
  const rounds = goal.range ? ` (rounds ${rangeOf(goal)})` : '';
  return `* ${titleOf(goal)}: ${goal.measured ?? '–'}${rounds}${goal.met ? '' : ', **missed**'}`;
}
