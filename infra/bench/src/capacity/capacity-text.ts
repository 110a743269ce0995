import { markdown, type Table } from '../markdown.ts';
import { round } from '../statistics.ts';
import { type Assumptions, assumptionLines } from './assumptions.ts';
import { type Capacity, capacity, mostShards, type Need, partitionsToday } from './capacity.ts';
import type { Figures } from './figures.ts';
import { firstLimit, type Growth, type Part, partsOf } from './parts.ts';

const number = (value: number) => Math.floor(value).toLocaleString('en');
const cores = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });

const moreOfIt: Record<Growth, string> = {
  replicas: 'replicas',
  partitions: 'replicas, one a partition',
  shards: 'shards',
  brokers: 'brokers',
  not: '**there is one**',
};

/** One of each kind, the one that is full first on top. */
export function limitsTable(parts: Part[], { utilisation }: Assumptions): Table {
  const sorted = parts.toSorted((a, b) => firstLimit(a).carries - firstLimit(b).carries);
  return {
    head: ['one', 'CPU-ms an order', 'orders/s a core', 'carries orders/s', 'until it is out of', 'more of it'],
    rows: sorted.map((part) => [
      part.name,
      part.cpuMs.toFixed(3),
      number((utilisation * 1_000) / part.cpuMs),
      number(firstLimit(part).carries),
      firstLimit(part).of,
      moreOfIt[part.grows],
    ]),
  };
}

/** A column for each rate: how many, and their cores together. */
export function ratesTable(found: Capacity[]): Table {
  const cell = ({ count, cores: used, most }: Need) =>
    most === undefined ? `${number(count)} (${cores(used)} cores)` : `**no: ${number(most)}/s at most**`;
  const within = (count: number, most: number) => (count <= most ? count : `**no: ${count}, setup makes ${most}**`);
  const names = found[0]!.needs.map(({ part }) => part.name);
  return {
    head: ['', ...found.map(({ orders }) => `${number(orders)} orders/s`)],
    rows: [
      ['shards', ...found.map(({ shards }) => within(shards, mostShards))],
      ['processes a shard', ...found.map(({ replicas }) => replicas)],
      ['partitions a topic', ...found.map(({ partitions }) => within(partitions, partitionsToday))],
      ...names.map((name, index) => [name, ...found.map(({ needs }) => cell(needs[index]!))]),
      ['cores used', ...found.map((each) => cores(each.cores))],
    ],
  };
}

function needsTable({ needs, cores: all }: Capacity): Table {
  const row = ({ part, cores: used, count, because, most }: Need) => [
    part.name,
    cores(used),
    most === undefined ? number(count) : 'more than 1',
    because,
  ];
  return {
    head: ['part', 'cores used', 'how many', 'because of'],
    rows: [...needs.map(row), ['all', cores(all), '', '']],
  };
}

/** What the command prints. */
export function capacityText(orders: number, figures: Figures, assume: Assumptions, shards?: number) {
  const found = capacity(orders, partsOf(figures, assume), shards);
  const { messages, messageBytes } = figures;
  const traffic = ((orders * messageBytes) / 1e6).toFixed(1);
  const text = [
    `${number(orders)} orders/s: ${found.shards} shards of ${found.replicas} processes, ${found.partitions} partitions a topic`,
    '',
    markdown(needsTable(found)),
    '',
    ...found.problems.map((problem) => `✗ ${problem}`),
    ...(found.problems.length > 0 ? [''] : []),
    `An order is ${round(messages, 2)} messages of ${Math.round(messageBytes / messages)} bytes: ${traffic} MB/s of each copy.`,
    `Measured with ${figures.shards} shards at full load (docs/performance.json). Assumed:`,
    ...assumptionLines(assume).map((line) => `  ${line}`),
    '  Orders and SKUs are spread evenly, and each message has one reader.',
  ].join('\n');
  return { text, possible: found.problems.length === 0 };
}
