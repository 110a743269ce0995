import { atMost, type Goal, goalLines } from '../goal.ts';
import { markdown, type Table } from '../markdown.ts';
import { median, spread, sum } from '../statistics.ts';
import type { Stretch } from '../stretch.ts';
import type { Memory } from './memory.ts';

export interface IdlePart extends Memory {
  name: string;
  /** Of one core, in per cent: the median of the windows. */
  cpuPercent: number;
  /** The same of each window; absent in files of a single one. */
  windows?: number[] | undefined;
}

export interface IdleResult {
  parts: IdlePart[];
  /** How long the CPU was counted, all windows together. */
  seconds: number;
  goals: Goal[];
}

/** Servers that are not ours; every other part is a Node process. */
const servers = ['postgres', 'redis', 'kafka'];
const isNode = ({ name }: IdlePart) => !servers.includes(name);

/** @param windows one after the other: a garbage collection or a checkpoint in one of them decides nothing */
export function idleResult(windows: Pick<Stretch, 'seconds' | 'cpuMs'>[], memory: Record<string, Memory>): IdleResult {
  const parts = Object.entries(memory).map(([name, used]) => {
    const percents = windows.map(({ seconds, cpuMs }) => cpuMs[name]! / (10 * seconds));
    return { name, cpuPercent: median(percents), windows: percents, ...used };
  });
  const whole = wholeOf(parts);
  const busiest = parts.filter(isNode).reduce((most, part) => (part.cpuPercent > most.cpuPercent ? part : most));
  const limit = (what: string, most: number, { cpuPercent, windows: each }: Cpu) =>
    atMost('idle', `${what} at rest, % of one core`, most, { value: cpuPercent, rounds: each!.length, each: each! });
  return {
    parts,
    seconds: sum(windows.map(({ seconds }) => seconds)),
    goals: [limit('the whole system', 5, whole), limit('the busiest Node part', 2, busiest)],
  };
}

type Cpu = Pick<IdlePart, 'cpuPercent' | 'windows'>;

/** All parts as one, window by window: medians do not add up. */
function wholeOf(parts: IdlePart[]): Cpu {
  const each = parts[0]!.windows?.map((_, window) => sum(parts.map(({ windows }) => windows![window]!)));
  return each ? { cpuPercent: median(each), windows: each } : { cpuPercent: sum(parts.map((part) => part.cpuPercent)) };
}

export function idleTable({ parts }: IdleResult): Table {
  const total = (of: 'rssMb' | 'pssMb') => sum(parts.map((part) => part[of]));
  const percent = (value: number) => value.toFixed(2);
  const cpu = ({ cpuPercent, windows }: Cpu) => [percent(cpuPercent), windows ? spread(windows, percent) : '–'];
  return {
    head: ['part at rest', '% of one core', 'windows', 'RSS MB', 'PSS MB'],
    rows: [
      ...parts.map((part) => [part.name, ...cpu(part), part.rssMb, part.pssMb]),
      ['all', ...cpu(wholeOf(parts)), total('rssMb'), total('pssMb')],
    ],
  };
}

/** How the CPU was counted. */
export function windowsText({ parts, seconds }: IdleResult): string {
  const count = parts[0]!.windows?.length ?? 1;
  const each = `${Math.round(seconds / count)} s`;
  return count === 1
    ? `One window of ${each}.`
    : `Medians of ${count} windows of ${each}, and the lowest and the highest.`;
}

/** For a person. */
export const idleText = (result: IdleResult) =>
  [windowsText(result), '', markdown(idleTable(result)), '', ...goalLines(result.goals)].join('\n');
