import { backoffMs } from './backoff.ts';
import type { Abort, Decision, Proceed, Undo } from './decision.ts';
import type { Definition, Step } from './definition.ts';
import type { Instance, Policy, State } from './instance.ts';
import { strayReply } from './stray-reply.ts';
import { askFirst, dispatch, type Note, record, type Send, type Transition, type Turn, tell } from './turn.ts';

export type Input = { kind: 'start' } | { kind: 'reply'; name: string; data: unknown } | { kind: 'silence' };

export interface Advance<Data, Outcome extends string> {
  /** The very same object when nothing changed: nothing has to be written. */
  instance: Instance<Data>;
  send: Send[];
  notes: Note[];
  transitions: Transition<Data, Outcome>[];
}

/** A saga that has not begun: `advance` it with `start`. */
export function newInstance<Data>(definition: Definition<Data>, id: string, data: Data, now: number): Instance<Data> {
  const { name, version, stages } = definition;
  return {
    ...{ id, name, version, state: 'acting', step: stages[0]!.name, attempts: 0, askedAt: now, deadline: null },
    ...{ reason: null, data, log: [], done: false, attentionSince: null, lastError: null },
    ...{ createdAt: now, updatedAt: now },
  };
}

/**
 * One step of one saga: what has come (a reply, the passing of the deadline) and what follows. Pure: it changes
 * nothing it is given and sends nothing. Silence before its deadline, a duplicate and a reply nobody asked for change
 * nothing, so every input may be delivered any number of times.
 */
export function advance<Data, Outcome extends string>(
  definition: Definition<Data, string, Outcome>,
  instance: Instance<Data>,
  input: Input,
  now: number,
  policy: Policy,
): Advance<Data, Outcome> {
  const copy = { ...instance, log: [...instance.log], updatedAt: now };
  const turn: Turn<Data, Outcome> = {
    ...{ definition, instance: copy, now, policy },
    ...{ send: [], notes: [], transitions: [] },
  };
  const changed = take(turn, input);
  return { instance: changed ? turn.instance : instance, ...pick(turn) };
}

const pick = <Data, Outcome extends string>({ send, notes, transitions }: Turn<Data, Outcome>) => ({
  send,
  notes,
  transitions,
});

/** Returns whether the instance changed. */
function take<Data, Outcome extends string>(turn: Turn<Data, Outcome>, input: Input): boolean {
  const { instance, definition, now } = turn;
  if (input.kind === 'start') {
    enter(turn, 0);
    return true;
  }
  if (input.kind === 'silence') {
    if (instance.deadline === null || instance.deadline > now) return false;
    silence(turn);
    return true;
  }
  const owner = definition.ownerOf.get(input.name);
  const fits =
    owner &&
    !instance.done &&
    definition.indexOf.get(instance.step) === owner.index &&
    roleOf(instance.state) === owner.role;
  if (!fits) return strayReply(turn, owner, input.name, input.data);
  const step = definition.stages[owner.index] as Step<Data, string, Outcome>;
  if (owner.role === 'compensation') {
    record(turn, 'reply', input.name);
    undoFrom(turn, owner.index - 1);
    return true;
  }
  decide(turn, owner.index, step, input.name, step.on[input.name]!(input.data as never, instance.data));
  return true;
}

const roleOf = (state: State) => (state === 'acting' ? 'action' : 'compensation');

/** Goes on with the stage at `index`: passes the pivot, sends the step's command, or is through. */
function enter<Data, Outcome extends string>(turn: Turn<Data, Outcome>, index: number): void {
  const { instance, definition, now } = turn;
  const stage = definition.stages[index];
  if (!stage) {
    end(turn, 'completed');
  } else if (stage.kind === 'pivot') {
    const decision = stage.decide(instance.data, now);
    if (decision.kind === 'abort') return giveUp(turn, index - 1, 'compensating', decision);
    merge(instance, decision);
    record(turn, 'passed', decision.note ? `${stage.name}: ${decision.note}` : stage.name);
    tell(turn, stage.outcome);
    enter(turn, index + 1);
  } else {
    askFirst(turn, stage.name, stage.action, stage.kind === 'compensatable');
  }
}

/** The answer to the command that is waited for. */
function decide<Data, Outcome extends string>(
  turn: Turn<Data, Outcome>,
  index: number,
  step: Step<Data, string, Outcome>,
  reply: string,
  decision: Decision<Data, string>,
): void {
  const { instance, now, policy } = turn;
  record(turn, 'reply', decision.note ? `${reply}: ${decision.note}` : reply);
  if (decision.kind === 'proceed') {
    merge(instance, decision);
    forget(instance, step.forgets);
    tell(turn, step.outcome);
    enter(turn, index + 1);
  } else if (decision.kind === 'retry') {
    instance.lastError = decision.note;
    instance.deadline = now + backoffMs(instance.attempts, policy);
  } else if (decision.kind === 'abort') {
    if (step.kind === 'retriable') throw new Error(`"${step.name}" stands after the pivot and cannot abort`);
    giveUp(turn, index - 1, 'compensating', decision);
  } else {
    giveUp(turn, index - 1, 'undoing', decision);
  }
}

/** Nobody answered in time. What can be undone is undone, itself included; everything else is asked again. */
function silence<Data, Outcome extends string>(turn: Turn<Data, Outcome>): void {
  const { instance, definition, now, policy } = turn;
  const index = definition.indexOf.get(instance.step)!;
  const step = definition.stages[index] as Step<Data, string, Outcome>;
  if (instance.state === 'acting' && step.kind === 'compensatable') {
    record(turn, 'silence', step.action.command.name);
    return giveUp(turn, index, 'compensating', { kind: 'abort', reason: definition.silence, note: undefined });
  }
  const ask = instance.state === 'acting' ? step.action : step.compensation!;
  dispatch(turn, ask);
  record(turn, 'asked again', ask.command.name);
  instance.lastError ??= `no answer to ${ask.command.name}`;
  instance.deadline = now + backoffMs(instance.attempts, policy);
  instance.attempts++;
  if (now - instance.askedAt >= policy.parkAfterMs) instance.attentionSince ??= now;
}

/** Turns back: undoes the step at `index` and everything before it, the last one first. */
function giveUp<Data, Outcome extends string>(
  turn: Turn<Data, Outcome>,
  index: number,
  state: 'compensating' | 'undoing',
  { reason, note }: Abort<string> | Undo<string>,
): void {
  const { instance, definition } = turn;
  const done = definition.stages[index];
  if (done?.kind === 'retriable') throw new Error(`"${done.name}" has taken place and has no compensation`);
  Object.assign(instance, { state, reason });
  record(turn, 'giving up', note ? `${reason}: ${note}` : reason);
  for (const stage of definition.stages) if (stage.kind !== 'pivot') forget(instance, stage.forgets);
  undoFrom(turn, index);
}

function undoFrom<Data, Outcome extends string>(turn: Turn<Data, Outcome>, index: number): void {
  const { state } = turn.instance;
  for (let i = index; i >= 0; i--) {
    const stage = turn.definition.stages[i]!;
    if (stage.kind !== 'pivot') return askFirst(turn, stage.name, stage.compensation!, false);
  }
  end(turn, state === 'undoing' ? 'undone' : 'compensated');
}

function end<Data, Outcome extends string>(
  turn: Turn<Data, Outcome>,
  state: 'completed' | 'compensated' | 'undone',
): void {
  const { instance, definition } = turn;
  Object.assign(instance, { state, done: true, deadline: null, attentionSince: null, lastError: null });
  record(turn, 'ended', instance.reason ? `${state}: ${instance.reason}` : state);
  tell(turn, state === 'completed' ? undefined : definition.ends[state]);
}

function merge<Data>(instance: Instance<Data>, { patch }: Proceed<Data>): void {
  instance.data = { ...instance.data, ...patch };
}

/** Replaces the data, never changes it: the instance that came in still holds the old one. */
function forget<Data>(instance: Instance<Data>, keys: string[]): void {
  if (keys.length === 0) return;
  const data = { ...instance.data };
  for (const key of keys) delete data[key as keyof Data];
  instance.data = data;
}
