import { CommandFailed } from '@ringshop/operator';

/** What cannot be measured here, and depends on what somebody buys. */
export interface Assumptions {
  utilisation: number;
  replication: number;
  databaseCores: number;
  brokerCores: number;
  commits: number;
  diskMb: number;
  networkMb: number;
}

interface Bounds {
  least: number;
  most: number;
  whole?: boolean;
}

interface Assumption extends Bounds {
  usual: number;
  /** As it is said to a person, behind its value. */
  what: string;
}

/** By the name of its option. */
export const assumptions: Record<string, Assumption & { key: keyof Assumptions }> = {
  utilisation: {
    key: 'utilisation',
    usual: 0.6,
    least: 0.05,
    most: 1,
    what: 'of everything is used at the most: the rest is for peaks, a lost machine, and unequal shares',
  },
  replication: {
    key: 'replication',
    usual: 3,
    least: 1,
    most: 9,
    whole: true,
    what: 'copies of each message, each as dear as the first',
  },
  'database-cores': { key: 'databaseCores', usual: 16, least: 1, most: 1_024, what: 'cores of a database server' },
  'broker-cores': { key: 'brokerCores', usual: 8, least: 1, most: 1_024, what: 'cores of a Kafka broker' },
  commits: {
    key: 'commits',
    usual: 2_000,
    least: 1,
    most: 1_000_000,
    what: 'commits/s of a database server, as if each waited for the disk by itself',
  },
  'disk-mb': { key: 'diskMb', usual: 200, least: 1, most: 100_000, what: 'MB/s to the disk of a server' },
  'network-mb': {
    key: 'networkMb',
    usual: 1_000,
    least: 1,
    most: 100_000,
    what: 'MB/s each way through the network of a broker',
  },
};

export const usualAssumptions = assumed({});

/** @throws CommandFailed for what is no number, or not a possible one */
export function assumed(values: Record<string, string | undefined>): Assumptions {
  const entries = Object.entries(assumptions).map(([option, { key, usual, ...bounds }]) => [
    key,
    numberOf(option, values[option], bounds) ?? usual,
  ]);
  return Object.fromEntries(entries) as Assumptions;
}

/** @returns undefined for an option that was not given */
export function numberOf(option: string, text: string | undefined, { least, most, whole = false }: Bounds) {
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new CommandFailed(`--${option} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}"`);
}

/** A line each, for whoever wants to know or to object. */
export const assumptionLines = (given: Assumptions): string[] =>
  Object.entries(assumptions).map(([option, { key, what }]) => `--${option} ${given[key]}: ${what}`);
