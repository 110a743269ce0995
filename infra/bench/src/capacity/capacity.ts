import { firstLimit, type Part } from './parts.ts';

/** Of every topic, fixed by setup: also the most processes that share the work of one. */
export const partitionsToday = 6;
/** What setup takes at the most. */
export const mostShards = 64;

/** What is exactly enough is enough, also where floating point sees a trifle more. */
const rounding = 1e-9;

export interface Need {
  part: Part;
  cores: number;
  count: number;
  /** What the count comes from. */
  because: string;
  /** There is no way to have so many: how many orders/s there are at the most. */
  most?: number;
}

export interface Capacity {
  orders: number;
  shards: number;
  /** Processes of each shard. */
  replicas: number;
  /** Of each topic, at least. */
  partitions: number;
  cores: number;
  needs: Need[];
  /** Why it cannot be had like this; empty when it can. */
  problems: string[];
}

/** What so many orders/s need. `given` is a number of shards that somebody has decided on. */
export function capacity(orders: number, parts: Part[], given?: number): Capacity {
  const count = (part: Part) => Math.max(part.least, Math.ceil(orders / firstLimit(part).carries - rounding));
  const shards = shardsFor(parts, count, given);
  const needs = parts.map((part): Need => {
    const { of, carries } = firstLimit(part);
    const cores = (orders * part.cpuMs) / 1_000;
    if (part.grows === 'not') {
      const enough = orders / carries <= 1 + rounding;
      return { part, cores, count: 1, because: enough ? '–' : of, ...(!enough && { most: carries }) };
    }
    return { part, cores, ...counted(part, count(part), { of, shards, least: part.least }) };
  });
  const replicas = needs.find(({ part }) => part.name === 'order')!.count / shards;
  const processes = needs.filter(({ part }) => part.grows === 'partitions').map((need) => need.count);
  const partitions = Math.max(partitionsToday, replicas, ...processes);
  const cores = needs.reduce((sum, need) => sum + need.cores, 0);
  const found = { orders, shards, replicas, partitions, cores, needs };
  return { ...found, problems: problemsOf(found, parts, count) };
}

/** As many as their databases need, and enough that the processes of one can share its partitions. */
function shardsFor(parts: Part[], count: (part: Part) => number, given: number | undefined): number {
  if (given !== undefined) return given;
  const [processes, databases] = ['order', 'order database'].map((name) => count(parts.find((p) => p.name === name)!));
  return Math.max(databases!, Math.ceil(processes! / partitionsToday));
}

function counted(
  { name, grows }: Part,
  count: number,
  { of, shards, least }: { of: string; shards: number; least: number },
) {
  if (name === 'order database') return { count: shards, because: count >= shards ? of : 'one a shard' };
  if (name === 'order')
    return { count: shards * shared(Math.ceil(count / shards)), because: count > shards ? of : 'one a shard' };
  const evenly = grows === 'partitions' ? shared(count) : count;
  return { count: evenly, because: count > least ? of : '–' };
}

/** Processes share partitions evenly when their number divides that of the partitions; beyond, each has one of its own. */
function shared(processes: number): number {
  let number = processes;
  while (number < partitionsToday && partitionsToday % number !== 0) number++;
  return number;
}

function problemsOf(found: Omit<Capacity, 'problems'>, parts: Part[], count: (part: Part) => number): string[] {
  const { shards, partitions, needs } = found;
  const databases = count(parts.find(({ name }) => name === 'order database')!);
  const single = needs.flatMap(({ part, because, most }) =>
    most === undefined ? [] : [`there is one ${part.name}, and it carries ${Math.floor(most)} orders/s (${because})`],
  );
  return [
    ...single,
    ...(shards < databases ? [`${shards} shards are not enough: their databases need ${databases}`] : []),
    ...(shards > mostShards ? [`${shards} shards: setup takes at most ${mostShards}`] : []),
    ...(partitions > partitionsToday
      ? [
          `${partitions} partitions a topic: setup makes ${partitionsToday}, and their number can never change afterwards`,
        ]
      : []),
  ];
}
