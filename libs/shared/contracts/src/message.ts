import type { z } from 'zod';

/** Reply name → schema of its data. */
export type Replies = Record<string, z.ZodType>;

/** A command: what it asks, where it goes, and every answer it can get. A refusal is an answer, not an error. */
export interface CommandContract<
  Name extends string = string,
  Data extends z.ZodType = z.ZodType,
  R extends Replies = Replies,
> {
  kind: 'command';
  name: Name;
  topic: string;
  data: Data;
  replies: R;
}

export interface EventContract<Name extends string = string, Data extends z.ZodType = z.ZodType> {
  kind: 'event';
  name: Name;
  topic: string;
  data: Data;
}

export const command = <const Name extends string, Data extends z.ZodType, const R extends Replies>(
  topic: string,
  name: Name,
  data: Data,
  replies: R,
): CommandContract<Name, Data, R> => ({ kind: 'command', name, topic, data, replies });

export const event = <const Name extends string, Data extends z.ZodType>(
  topic: string,
  name: Name,
  data: Data,
): EventContract<Name, Data> => ({
  kind: 'event',
  name,
  topic,
  data,
});

export type DataOf<C extends { data: z.ZodType }> = z.infer<C['data']>;
export type ReplyName<C extends CommandContract> = keyof C['replies'] & string;
/** Every answer to a command, as a union discriminated by `name`. */
export type ReplyOf<C extends CommandContract> = {
  [N in ReplyName<C>]: { name: N; data: z.infer<C['replies'][N]> };
}[ReplyName<C>];
