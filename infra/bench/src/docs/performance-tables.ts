import { type ArmResult, cpuByKind, isStandIn } from '../arm-result.ts';
import { type Goal, rangeOf, titleOf } from '../goal.ts';
import { markdown } from '../markdown.ts';
import { spread } from '../statistics.ts';
import { isYardstick } from '../yardstick/probes.ts';
import type { Performance, Run } from './performance.ts';

const number = (value: number | undefined, digits = 0) =>
  value === undefined
    ? '–'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Lowest and highest round. */
const ofRounds = ({ rounds }: ArmResult, of: 'ordersPerSecond' | 'cpuMsPerOrder', digits: number) =>
  spread(
    rounds.map((round) => round[of]),
    (value) => number(value, digits),
  );

type Arms = Pick<Performance, 'arms'>;
const yardsticks = ({ arms }: Arms) => arms.filter(isYardstick);
const a1Of = ({ arms }: Arms) => arms.find(({ name }) => name === 'a1');
const times = (value: number) => `${value.toFixed(2)} ×`;

/** Of all attempts in all rounds; those who came back tried again. */
const percentRefused = ({ refused, orders }: ArmResult) => number((100 * refused) / (refused + orders), 1);

/** In an open loop it is whatever comes of it. */
const inFlight = ({ cell }: ArmResult) => number(cell.perSecond === undefined ? cell.inFlight : undefined);

/** Of arms whose numbers come from rounds. On a slow machine the last ones are left out, but not of every cell: the fewest are what all have. */
function roundsOf(arms: object[]): number {
  const counts = arms.map((arm) => ('rounds' in arm && Array.isArray(arm.rounds) ? arm.rounds.length : 0));
  return counts.length > 0 ? Math.min(...counts) : 0;
}

export function runText({ machine, command, commit, at, durationS, arms = [] }: Run & { arms?: object[] }): string {
  const rounds = roundsOf(arms);
  const minutes = counted(Math.max(1, Math.round(durationS / 60)), 'minute');
  const took = rounds > 0 ? `${counted(rounds, 'round')} in ${minutes}` : minutes;
  return [
    `\`${command}\`, ${commit ? `commit \`${commit}\`, ` : ''}${at.slice(0, 10)}, ${took} on ${machine.cores} cores (${machine.cpu}),`,
    `${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}.`,
  ].join(' ');
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

export function goalsTable({ goals }: Performance): string {
  const met = ({ measured, met }: Goal) => (measured === null ? 'not measured' : met ? 'yes' : '**no**');
  return markdown({
    head: ['goal', 'stretch', 'measured', 'rounds', 'met'],
    rows: goals.map((goal) => [
      `${goal.id}: ${titleOf(goal)}`,
      goal.stretch ?? '–',
      goal.measured ?? '–',
      rangeOf(goal),
      met(goal),
    ]),
  });
}

/** Compared with `a1` where that took part. */
export function armsTable(results: Arms): string {
  const a1 = a1Of(results);
  return markdown({
    head: [
      'arm',
      'in flight',
      'orders/s',
      'rounds',
      'CPU-ms an order',
      'rounds',
      ...(a1 ? ['CPU against a1'] : []),
      'p50 ms',
      'p99 ms',
      'commits',
      'WAL kB',
      '% refused',
    ],
    rows: yardsticks(results).map((arm) => [
      `\`${arm.name}\``,
      inFlight(arm),
      number(arm.ordersPerSecond),
      ofRounds(arm, 'ordersPerSecond', 0),
      number(arm.cpuMsPerOrder, 2),
      ofRounds(arm, 'cpuMsPerOrder', 2),
      ...(a1 ? [times(arm.cpuMsPerOrder / a1.cpuMsPerOrder)] : []),
      number(arm.p50Ms),
      number(arm.p99Ms),
      number(arm.commitsPerOrder, 2),
      arm.walBytesPerOrder === undefined ? '–' : number(arm.walBytesPerOrder / 1_000, 1),
      percentRefused(arm),
    ]),
  });
}

/** Every other cell. */
export const cellsTable = ({ arms }: Arms): string =>
  markdown({
    head: ['arm and cell', 'in flight', 'orders/s', 'rounds', 'CPU-ms an order', 'p50 ms', 'p99 ms', '% refused'],
    rows: arms
      .filter((arm) => !isYardstick(arm))
      .map((arm) => [
        arm.name,
        inFlight(arm),
        number(arm.ordersPerSecond),
        ofRounds(arm, 'ordersPerSecond', 0),
        number(arm.cpuMsPerOrder, 2),
        number(arm.p50Ms),
        number(arm.p99Ms),
        percentRefused(arm),
      ]),
  });

/** A row for each part, in the order in which arms have them; the replicas and shards of a part are one. */
export function partsTable(results: Arms): string {
  const arms = yardsticks(results).map(({ name, parts }) => ({ name, parts: cpuByKind(parts) }));
  const kinds = [...new Set(arms.flatMap(({ parts }) => Object.keys(parts)))];
  return markdown({
    head: ['CPU-ms an order', ...arms.map(({ name }) => `\`${name}\``)],
    rows: kinds.map((kind) => [
      isStandIn(kind) ? `(${kind})` : kind,
      ...arms.map(({ parts }) => number(parts[kind], 2)),
    ]),
  });
}

export const settingsText = (results: Arms): string =>
  yardsticks(results)
    .map(({ name, title, settings }) =>
      [`* \`${name}\`: ${title}`, ...settings.map((line) => `  * ${line}`)].join('\n'),
    )
    .join('\n');

/** The few rows that README shows. */
export function readmeTable(performance: Performance): string {
  const a1 = a1Of(performance)!;
  const rows = yardsticks(performance).map((arm) => [
    `\`${arm.name}\`: ${arm.title}`,
    number(arm.ordersPerSecond),
    number(arm.cpuMsPerOrder, 2),
    arm === a1 ? '–' : times(arm.ordersPerSecond / a1.ordersPerSecond),
    arm === a1 ? '–' : times(arm.cpuMsPerOrder / a1.cpuMsPerOrder),
  ]);
  const head = [
    `${performance.machine.cores} cores, one run`,
    'orders/s',
    'CPU-ms an order',
    'orders/s against a1',
    'CPU against a1',
  ];
  return markdown({ head, rows });
}
