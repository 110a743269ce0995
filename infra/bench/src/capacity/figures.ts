import { CommandFailed } from '@ringshop/operator';
import { cpuByKind } from '../arm-result.ts';
import { type ByDatabase, databaseKinds } from '../arms/database-counters.ts';
import type { Performance } from '../docs/performance.ts';

/** What one order costs, as it was measured. */
export interface Figures {
  /** CPU-ms by kind of part; PostgreSQL is in `databases`. */
  cpuMs: Record<Measured, number>;
  databases: ByDatabase;
  messages: number;
  messageBytes: number;
  /** Of the run that they come from. */
  shards: number;
}

const measured = ['gateway', 'order', 'inventory', 'payment', 'kafka', 'redis'] as const;
type Measured = (typeof measured)[number];

/**
 * From the run with the most shards: its batches are the smallest, so an order costs the most there.
 * @throws CommandFailed which names the figure that is missing
 */
export function figuresOf({ scale }: Partial<Performance>): Figures {
  const arm = scale?.arms?.toSorted((a, b) => b.shards - a.shards)[0];
  if (!arm) throw new CommandFailed('docs/performance.json has no run of scale: npm run bench -- scale --save');
  const parts = cpuByKind(arm.parts ?? {});
  const { databases } = arm;
  const figure = (name: string, value: number | undefined): number => {
    if (typeof value === 'number' && value > 0) return value;
    throw new CommandFailed(`docs/performance.json does not tell ${name} of an order: npm run bench -- scale --save`);
  };
  for (const kind of databaseKinds) {
    figure(`the CPU-ms of the ${kind} database`, databases?.[kind]?.cpuMs);
    figure(`the WAL bytes of the ${kind} database`, databases?.[kind]?.walBytes);
    figure(`the commits of the ${kind} database`, databases?.[kind]?.commits);
  }
  const cpuMs = measured.map((part) => [part, figure(`the CPU-ms of ${part}`, parts[part])]);
  return {
    cpuMs: Object.fromEntries(cpuMs) as Figures['cpuMs'],
    databases,
    messages: figure('the messages', arm.messagesPerOrder),
    messageBytes: figure('the message bytes', arm.messageBytesPerOrder),
    shards: arm.shards,
  };
}
