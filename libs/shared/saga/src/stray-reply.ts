import type { ReplyOwner } from './definition.ts';
import type { Step } from './stage.ts';
import { dispatch, record, type SomeData, type Turn } from './turn.ts';

/**
 * A reply that the saga is not waiting for. It is ignored and noted, but for one case: it says that a step took place
 * whose undoing is already over, or was not thought necessary. Then its compensation is sent once more, and not waited
 * for: compensations are idempotent and leave a tombstone. A mere duplicate of such a reply costs one needless command;
 * telling the two apart would need a memory of every answer, and be wrong exactly when it matters.
 *
 * Returns whether the instance changed.
 */
export function strayReply(turn: Turn, owner: ReplyOwner | undefined, reply: string, data: unknown): boolean {
  const { instance, definition, notes } = turn;
  const forward = instance.state === 'acting' || instance.state === 'completed';
  if (!owner || forward || owner.role === 'compensation') {
    notes.push({ id: instance.id, what: wasAsked(turn, owner) ? 'duplicate' : 'unexpected', reply });
    return false;
  }
  notes.push({ id: instance.id, what: 'late', reply });
  const step = definition.stages[owner.index] as Step<SomeData>;
  // From `step` back to the first one, compensations are under way or their turn will come.
  const covered = !instance.done && owner.index <= definition.indexOf.get(instance.step)!;
  if (covered || !step.compensation || step.on[reply]!(data as never, instance.data).kind !== 'proceed') return false;
  dispatch(turn, step.compensation);
  record(turn, 'late', reply, `${step.compensation.command.name} sent again`);
  return true;
}

/** Whether this saga has ever sent the command that such a reply answers. */
function wasAsked({ instance, definition }: Turn, owner: ReplyOwner | undefined): boolean {
  if (!owner) return false;
  const stage = definition.stages[owner.index] as Step<SomeData>;
  const { name } = (owner.role === 'action' ? stage.action : stage.compensation!).command;
  return instance.log.some(([, what, detail]) => what === 'sent' && detail === name);
}
