import { CommandFailed } from '@ringshop/operator';
import { z } from 'zod';
import type { ArmResult } from '../arm-result.ts';
import type { Goal } from '../goal.ts';
import type { IdleResult } from '../idle/idle-result.ts';
import type { ScaleResult } from '../scale/scale-result.ts';
import type { Performance, Run } from './performance.ts';

export const performancePath = 'docs/performance.json';

const number = z.number();
const text = z.string();
const byName = z.record(text, number);

const about = z.object({
  machine: z.object({ cores: number, cpu: text, memoryGb: number, system: text, node: text }),
  command: text,
  commit: text.optional(),
  at: z.iso.datetime(),
  durationS: number,
}) satisfies z.ZodType<Run>;

const goals = z.array(
  z.object({
    id: text,
    goal: text,
    limit: number.optional(),
    stretch: number.optional(),
    measured: number.nullable(),
    met: z.boolean(),
    rounds: number.optional(),
    range: z.tuple([number, number]).optional(),
  }) satisfies z.ZodType<Goal>,
);

const arm = z.object({
  name: text,
  arm: text,
  title: text,
  settings: z.array(text),
  cell: z.object({ paymentMs: number, hotSkus: number, inFlight: number, perSecond: number.optional() }),
  orders: number,
  ordersPerSecond: number,
  cpuMsPerOrder: number,
  parts: byName,
  p50Ms: number,
  p99Ms: number,
  refused: number,
  commitsPerOrder: number.optional(),
  walBytesPerOrder: number.optional(),
  rounds: z
    .array(
      z.object({
        ordersPerSecond: number,
        cpuMsPerOrder: number,
        p50Ms: number,
        p99Ms: number,
        commitsPerOrder: number.optional(),
        walBytesPerOrder: number.optional(),
      }),
    )
    .nonempty('no rounds'),
}) satisfies z.ZodType<ArmResult>;

const database = z.object({ cpuMs: number, walBytes: number, commits: number });
const shards = arm.extend({
  commitsPerOrder: number,
  walBytesPerOrder: number,
  shards: number,
  messagesPerOrder: number,
  messageBytesPerOrder: number,
  databases: z.object({ order: database, inventory: database, payment: database }),
});

const beside = z.object({
  scale: about.extend({ arms: z.array(shards).nonempty('no arms'), goals }).optional() satisfies z.ZodType<
    (ScaleResult & Run) | undefined
  >,
  idle: about
    .extend({
      parts: z
        .array(
          z.object({
            name: text,
            cpuPercent: number,
            windows: z.array(number).optional(),
            rssMb: number,
            pssMb: number,
          }),
        )
        .nonempty('no parts')
        .refine((all) => new Set(all.map(({ windows }) => windows?.length)).size === 1, 'parts of unlike windows'),
      seconds: number,
      goals,
    })
    .optional() satisfies z.ZodType<(IdleResult & Run) | undefined>,
});

const yardstick = about.extend({
  arms: z.array(arm).refine((arms) => arms.some(({ name }) => name === 'a1'), 'no arm a1, which all are compared with'),
  goals,
});

/**
 * What this text of docs/performance.json keeps, whatever else stands there with it.
 * @throws CommandFailed for what no benchmark wrote: one line that names the place and says what to do
 */
export function keptIn(json: string): Partial<Performance> {
  const kept = parsed(json);
  const problem = wrongWith(kept);
  if (problem !== undefined) throw damaged(problem);
  return kept as Partial<Performance>;
}

/** A run of the yardstick, and what others saved beside it, or one of them alone: else the place, and what is wrong there. */
export function wrongWith(kept: unknown): string | undefined {
  const has = (shape: object) => typeof kept === 'object' && Object.keys(kept ?? {}).some((key) => key in shape);
  const schema = has(yardstick.shape) || !has(beside.shape) ? yardstick.extend(beside.shape) : beside;
  const issue = schema.safeParse(kept).error?.issues[0];
  return issue && `${issue.path.join('.') || 'all of it'}: ${issue.message}`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw damaged('no JSON', error);
  }
}

const damaged = (what: string, cause?: unknown) =>
  new CommandFailed(
    `${performancePath} is not what a benchmark wrote (${what}): git restore ${performancePath}, or remove it and measure again with --save`,
    { cause },
  );
