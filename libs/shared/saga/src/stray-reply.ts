import type { ReplyOwner, Step } from './definition.ts';
import { dispatch, record, type Turn } from './turn.ts';

/**
 * A reply that the saga is not waiting for. It is ignored and noted, but for one case: it says that a step took place
 * whose undoing is already over, or was not thought necessary. Then its compensation is sent once more, and not waited
 * for: compensations are idempotent and leave a tombstone. A mere duplicate of such a reply costs one needless command;
 * telling the two apart would need a memory of every answer, and be wrong exactly when it matters.
 *
 * Returns whether the instance changed.
 */
export function strayReply<Data, Outcome extends string>(
  turn: Turn<Data, Outcome>,
  owner: ReplyOwner | undefined,
  reply: string,
  data: unknown,
): boolean {
  const { instance, definition, notes } = turn;
  if (!owner) {
    notes.push({ what: 'unexpected', reply });
    return false;
  }
  const position = definition.indexOf.get(instance.step)!;
  const goingForward = instance.state === 'acting' || instance.state === 'completed';
  if (goingForward || owner.role === 'compensation') {
    const ahead = goingForward && !instance.done && (owner.role === 'compensation' || owner.index > position);
    notes.push({ what: ahead ? 'unexpected' : 'duplicate', reply });
    return false;
  }
  notes.push({ what: 'late', reply });
  const step = definition.stages[owner.index] as Step<Data, string, Outcome>;
  // Up to `position` the compensation is under way or its turn will come.
  const covered = !instance.done && owner.index <= position;
  if (covered || !step.compensation || step.on[reply]!(data as never, instance.data).kind !== 'proceed') return false;
  dispatch(turn, step.compensation);
  record(turn, 'late', `${reply}: ${step.compensation.command.name} sent again`);
  return true;
}
