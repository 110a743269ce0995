import { cpuByKind, isStandIn } from '../arm-result.ts';
import { settingsText } from '../docs/performance-tables.ts';
import { goalLines } from '../goal.ts';
import { markdown, type Table } from '../markdown.ts';
import { spread } from '../statistics.ts';
import type { ScaleResult, ShardsResult } from './scale-result.ts';

export function shardsTable(arms: ShardsResult[]): Table {
  const [one] = arms;
  const cpu = (ms: number) => ms.toFixed(2);
  return {
    head: [
      'shards',
      'orders/s',
      'CPU-ms an order',
      'rounds',
      `against ${one!.shards}`,
      'commits',
      'WAL kB',
      'messages',
      'their kB',
    ],
    rows: arms.map((arm) => [
      arm.shards,
      Math.round(arm.ordersPerSecond),
      cpu(arm.cpuMsPerOrder),
      spread(
        arm.rounds.map(({ cpuMsPerOrder }) => cpuMsPerOrder),
        cpu,
      ),
      `${(arm.cpuMsPerOrder / one!.cpuMsPerOrder).toFixed(2)} ×`,
      arm.commitsPerOrder!.toFixed(2),
      (arm.walBytesPerOrder! / 1_000).toFixed(1),
      arm.messagesPerOrder.toFixed(1),
      (arm.messageBytesPerOrder / 1_000).toFixed(1),
    ]),
  };
}

/** CPU-ms of an order by kind of part, a column for each number of shards; what plays somebody else's part left out. */
export function partsTable(arms: ShardsResult[]): Table {
  const kinds = arms.map(({ parts }) => cpuByKind(parts));
  const counted = Object.entries(kinds[0]!).filter(([kind]) => !isStandIn(kind));
  const sorted = counted.toSorted(([, a], [, b]) => b - a);
  return {
    head: ['CPU-ms an order', ...arms.map(({ shards }) => `${shards} ${shards === 1 ? 'shard' : 'shards'}`)],
    rows: sorted.map(([kind]) => [kind, ...kinds.map((each) => (each[kind] ?? 0).toFixed(3))]),
  };
}

/** What an order costs in each kind of database. */
export const databasesTable = ({ databases }: ShardsResult): Table => ({
  head: ['database', 'CPU-ms an order', 'WAL kB', 'commits'],
  rows: Object.entries(databases).map(([kind, { cpuMs, walBytes, commits }]) => [
    kind,
    cpuMs.toFixed(3),
    (walBytes / 1_000).toFixed(1),
    commits.toFixed(3),
  ]),
});

/** For a person. */
export function scaleText({ arms, goals }: ScaleResult): string {
  const tables = [shardsTable(arms), partsTable(arms), databasesTable(arms.at(-1)!)];
  const parts = [...tables.map(markdown), settingsText({ arms }), goalLines(goals).join('\n')];
  return `\n${parts.join('\n\n')}`;
}
