import type { CommandContract, DataOf } from '@ringshop/contracts';
import type { Abort, Decision, Proceed } from './decision.ts';

/** A command and how its data comes from the saga's. */
export interface Ask<Data, C extends CommandContract = CommandContract> {
  command: C;
  with: (data: Data) => DataOf<C>;
}

export interface Step<Data, Reason extends string = string, Outcome extends string = string> {
  kind: 'compensatable' | 'retriable';
  name: string;
  action: Ask<Data>;
  on: Record<string, (reply: never, data: Data) => Decision<Data, Reason>>;
  compensation?: Ask<Data>;
  forgets: string[];
  outcome?: Outcome;
  deadlineMs?: number;
}

/** The point of no return, decided here and now from what the saga knows: nothing is asked of anybody. */
export interface Pivot<Data, Reason extends string, Outcome extends string> {
  kind: 'pivot';
  name: string;
  decide: (data: Data, now: number) => Proceed<Data> | Abort<Reason>;
  outcome?: Outcome;
}

export type Stage<Data, Reason extends string, Outcome extends string> =
  | Step<Data, Reason, Outcome>
  | Pivot<Data, Reason, Outcome>;
