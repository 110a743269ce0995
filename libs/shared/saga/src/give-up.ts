import type { Abort, Undo } from './decision.ts';
import { askFirst, record, type SomeData, type Turn, tell } from './turn.ts';

/**
 * Turns back: undoes the step at `index` and everything before it, the last one first, each asked until it answers.
 * `compensating` before the pivot was passed, `undoing` after it.
 */
export function giveUp(
  turn: Turn,
  index: number,
  state: 'compensating' | 'undoing',
  { reason, note }: Pick<Abort<string> | Undo<string>, 'reason' | 'note'>,
): void {
  const { instance, definition } = turn;
  const last = definition.stages[index];
  if (last?.kind === 'retriable') throw new Error(`"${last.name}" has taken place and has no compensation`);
  Object.assign(instance, { state, reason });
  record(turn, 'giving up', reason, note);
  // Steps that will never be reached hold secrets, too.
  instance.data = without(
    instance.data,
    definition.stages.flatMap((stage) => (stage.kind === 'pivot' ? [] : stage.forgets)),
  );
  undoFrom(turn, index);
}

export function undoFrom(turn: Turn, index: number): void {
  const { definition, instance } = turn;
  const stage = definition.stages[index];
  if (!stage) end(turn, instance.state === 'undoing' ? 'undone' : 'compensated');
  else if (stage.kind === 'pivot') undoFrom(turn, index - 1);
  else askFirst(turn, stage.compensation!, { step: stage.name, expires: false });
}

export function end(turn: Turn, state: 'completed' | 'compensated' | 'undone'): void {
  const { instance, definition } = turn;
  Object.assign(instance, { state, done: true, deadline: null, attentionSince: null, lastError: null });
  record(turn, 'ended', state, instance.reason);
  const { completed, compensated, undone } = definition.ends;
  // A compensated saga has a reason, and `checkDefinition` has seen to it that there is a name for its end.
  tell(turn, state === 'completed' ? completed : state === 'undone' ? undone : compensated!(instance.reason!));
}

/** A copy: the instance that came in still holds the old data. */
export function without(data: SomeData, keys: string[]): SomeData {
  if (keys.length === 0) return data;
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
