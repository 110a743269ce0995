import { atMost, type Goal, goalLines } from '../goal.ts';
import { markdown, type Table } from '../markdown.ts';
import { round } from '../statistics.ts';
import type { Memory } from './memory.ts';

export interface IdlePart extends Memory {
  name: string;
  /** Of one core, in per cent. */
  cpuPercent: number;
}

export interface IdleResult {
  parts: IdlePart[];
  /** How long the CPU was counted. */
  seconds: number;
  goals: Goal[];
}

/** Servers that are not ours; every other part is a Node process. */
const servers = ['postgres', 'redis', 'kafka'];
const isNode = ({ name }: IdlePart) => !servers.includes(name);

export function idleResult(cpuMs: Record<string, number>, memory: Record<string, Memory>, seconds: number): IdleResult {
  const parts = Object.entries(cpuMs).map(([name, ms]) => ({
    name,
    cpuPercent: round(ms / (10 * seconds), 2),
    ...memory[name]!,
  }));
  const sum = parts.reduce((total, { cpuPercent }) => total + cpuPercent, 0);
  const most = Math.max(...parts.filter(isNode).map(({ cpuPercent }) => cpuPercent));
  return {
    parts,
    seconds: Math.round(seconds),
    goals: [
      atMost('idle', 'the whole system at rest, % of one core', 5, sum),
      atMost('idle', 'the busiest Node part at rest, % of one core', 2, most),
    ],
  };
}

export function idleTable({ parts }: IdleResult): Table {
  const total = (of: 'cpuPercent' | 'rssMb' | 'pssMb') => parts.reduce((sum, part) => sum + part[of], 0);
  return {
    head: ['part at rest', '% of one core', 'RSS MB', 'PSS MB'],
    rows: [
      ...parts.map(({ name, cpuPercent, rssMb, pssMb }) => [name, cpuPercent.toFixed(2), rssMb, pssMb]),
      ['all', total('cpuPercent').toFixed(2), total('rssMb'), total('pssMb')],
    ],
  };
}

/** For a person. */
export const idleText = (result: IdleResult) =>
  ['', markdown(idleTable(result)), '', ...goalLines(result.goals)].join('\n');
