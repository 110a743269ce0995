import { backoffMs } from './backoff.ts';
import { giveUp } from './give-up.ts';
import { longestWaitMs } from './longest-wait.ts';
import type { Step } from './stage.ts';
import { dispatch, record, type SomeData, type Turn } from './turn.ts';

/** Whether the deadline has passed, or cannot be right. */
export function isDue({ instance: { deadline }, definition, now, policy }: Turn): boolean {
  return deadline !== null && (deadline <= now || deadline > now + longestWaitMs([definition], policy));
}

/** Nobody answered in time. A step that can be undone is undone, itself included; everything else is asked again. */
export function silence(turn: Turn): void {
  const { instance, definition, now, policy } = turn;
  const { index, step, ask, undoable } = awaited(turn);
  if (undoable) {
    record(turn, 'silence', step.action.command.name);
    giveUp(turn, index, 'compensating', { reason: definition.silence!, note: undefined });
    return;
  }
  dispatch(turn, ask);
  record(turn, 'asked again', ask.command.name);
  instance.lastError ??= `no answer to ${ask.command.name}`;
  // Asked by a clock that was ahead: what counts is from now on. Not for one that is merely a little behind itself.
  if (instance.askedAt > now + longestWaitMs([definition], policy)) instance.askedAt = now;
  if (now - instance.askedAt >= policy.parkAfterMs) instance.attentionSince ??= now;
  instance.deadline = now + backoffMs(instance.attempts, policy, instance.attentionSince !== null);
  instance.attempts++;
}

/** What the saga waits for: the answer to which question of which step, and whether that step may still be given up. */
function awaited({ instance, definition }: Turn) {
  const index = definition.indexOf.get(instance.step)!;
  const step = definition.stages[index] as Step<SomeData>;
  const acting = instance.state === 'acting';
  return {
    index,
    step,
    ask: acting ? step.action : step.compensation!,
    undoable: acting && step.kind === 'compensatable',
    deadlineMs: acting ? step.deadlineMs : undefined,
  };
}

/**
 * Before the pivot everything is undone, the step under way included; one that is being undone already ends with this
 * reason. Later, and twice, it changes nothing: what has been promised is taken back by another saga.
 */
export function callOff(turn: Turn, { reason, note }: { reason: string; note?: string }): boolean {
  const { instance } = turn;
  if (instance.done || instance.reason === reason) return false;
  if (instance.state === 'compensating') {
    record(turn, 'called off', reason, note);
    instance.reason = reason;
    return true;
  }
  const { index, undoable } = awaited(turn);
  if (!undoable) return false;
  record(turn, 'called off', reason, note);
  giveUp(turn, index, 'compensating', { reason, note: undefined });
  return true;
}

/** Begins anew to ask what a parked saga waits for. What is not parked needs nothing, so it is safe to repeat. */
export function resume(turn: Turn, by: string): boolean {
  const { instance, now, policy } = turn;
  if (instance.done || instance.attentionSince === null) return false;
  const { ask, undoable, deadlineMs = policy.stepDeadlineMs } = awaited(turn);
  record(turn, 'resumed', by);
  Object.assign(instance, { attentionSince: null, attempts: 1, askedAt: now });
  // What may be given up is parked only because nobody knew how to: its deadline is seen to now.
  instance.deadline = undoable ? now : now + deadlineMs;
  if (!undoable) dispatch(turn, ask);
  return true;
}
