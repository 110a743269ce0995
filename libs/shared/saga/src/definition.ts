import type { CommandContract, DataOf, ReplyName, ReplyOf } from '@ringshop/contracts';
import { checkDefinition } from './check-definition.ts';
import type { Abort, Proceed, Retry, Undo } from './decision.ts';
import type { Ask, Pivot, Stage, Step } from './stage.ts';

/** One handler per reply of the command's contract: leaving one out does not compile. */
type Handlers<C extends CommandContract, Data, Result> = {
  [N in ReplyName<C>]: (reply: Extract<ReplyOf<C>, { name: N }>['data'], data: Data) => Result;
};

interface StepInit<Data, Outcome, C extends CommandContract, Result> {
  action: Ask<Data, C>;
  on: Handlers<C, Data, Result>;
  /** Keys of the data that nobody needs once this step is over, however it ends: secrets. */
  forgets?: (keyof Data & string)[];
  /** What the application is told when this step has taken place. */
  outcome?: Outcome;
  /** How long the first answer may take; the policy's `stepDeadlineMs` when it is not said. */
  deadlineMs?: number | undefined;
}

/** The words a definition is written in, bound to its types. */
const vocabulary = <Data, Reason extends string, Outcome extends string>() => ({
  ask: <C extends CommandContract>(
    command: C,
    ...[data]: Record<never, never> extends DataOf<C>
      ? [with_?: (data: Data) => DataOf<C>]
      : [with_: (data: Data) => DataOf<C>]
  ): Ask<Data, C> => ({ command, with: data ?? (() => ({}) as DataOf<C>) }),

  /** Before the pivot. Refused: the steps before it are undone. Silent: it is undone itself, too. */
  step: <C extends CommandContract>(
    name: string,
    init: StepInit<Data, Outcome, C, Proceed<Data> | Abort<Reason>> & { compensation: Ask<Data> },
  ): Step<Data, Reason, Outcome> => ({ forgets: [], ...init, kind: 'compensatable', name }) as never,

  pivot: (name: string, init: Omit<Pivot<Data, Reason, Outcome>, 'kind' | 'name'>): Pivot<Data, Reason, Outcome> => ({
    ...init,
    kind: 'pivot',
    name,
  }),

  /** After the pivot: asked again until it is done. */
  retriable: <C extends CommandContract>(
    name: string,
    init: StepInit<Data, Outcome, C, Proceed<Data> | Retry | Undo<Reason>>,
  ): Step<Data, Reason, Outcome> => ({ forgets: [], ...init, kind: 'retriable', name }) as never,
});

export interface DefinitionInit<Data, Reason extends string, Outcome extends string> {
  name: string;
  /** Raised when steps change; sagas under way finish by the version they began with. */
  version: number;
  /** Reason of giving up because nobody answered in time; for a saga with steps that can be undone. */
  silence?: Reason;
  /** What the application is told at the end: of a saga that went through, was undone before its pivot, or after it. */
  ends: { completed?: Outcome; compensated?: (reason: Reason) => Outcome; undone?: Outcome };
  steps: (words: ReturnType<typeof vocabulary<Data, Reason, Outcome>>) => Stage<Data, Reason, Outcome>[];
}

/** Where a reply belongs: reply names are unique within a saga, so no correlation id is needed. */
export interface ReplyOwner {
  index: number;
  role: 'action' | 'compensation';
}

export interface Definition<Data, Reason extends string = string, Outcome extends string = string>
  extends Omit<DefinitionInit<Data, Reason, Outcome>, 'steps'> {
  stages: readonly Stage<Data, Reason, Outcome>[];
  indexOf: ReadonlyMap<string, number>;
  ownerOf: ReadonlyMap<string, ReplyOwner>;
}

/** @throws InvalidDefinition when the steps cannot be undone, told apart, or answered. */
export function defineSaga<Data, Reason extends string = string, Outcome extends string = string>(
  init: DefinitionInit<Data, Reason, Outcome>,
): Definition<Data, Reason, Outcome> {
  const { steps, ...rest } = init;
  const stages = steps(vocabulary<Data, Reason, Outcome>());
  checkDefinition(init, stages);
  const indexOf = new Map(stages.map(({ name }, index) => [name, index]));
  const ownerOf = new Map<string, ReplyOwner>();
  stages.forEach((stage, index) => {
    if (stage.kind === 'pivot') return;
    for (const reply of repliesOf(stage.action)) ownerOf.set(reply, { index, role: 'action' });
    if (stage.compensation) ownerOf.set(repliesOf(stage.compensation)[0]!, { index, role: 'compensation' });
  });
  return { ...rest, stages, indexOf, ownerOf };
}

/**
 * A definition of whatever data, for what only hands data from one of its functions to the next.
 */
// biome-ignore lint/suspicious/noExplicitAny: data and reasons stand on both sides of its functions, so no other type takes all.
export type AnyDefinition<Outcome extends string = string> = Definition<any, any, Outcome>;

const repliesOf = <Data>(ask: Ask<Data>) => Object.keys(ask.command.replies);
