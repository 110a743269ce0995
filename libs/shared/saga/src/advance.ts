import { backoffMs } from './backoff.ts';
import type { Decision } from './decision.ts';
import type { Definition } from './definition.ts';
import { end, giveUp, undoFrom, without } from './give-up.ts';
import type { Instance, Policy } from './instance.ts';
import type { Step } from './stage.ts';
import { strayReply } from './stray-reply.ts';
import { askFirst, type Note, record, type Send, type SomeData, type Transition, type Turn, tell } from './turn.ts';
import { callOff, isDue, resume, silence } from './waiting.ts';

export type Input =
  | { kind: 'start' }
  | { kind: 'reply'; name: string; data: unknown }
  | { kind: 'silence' }
  /** Somebody who is entitled to wants it undone; heard until the pivot is passed. */
  | { kind: 'call-off'; reason: string; note?: string }
  /** A person has looked at a parked saga and wants it tried again now. */
  | { kind: 'resume'; by: string };

export interface Advance<Data, Outcome extends string = string> {
  /** The very same object when nothing changed: nothing has to be written. */
  instance: Instance<Data>;
  send: Send[];
  notes: Note[];
  transitions: Transition<Data, Outcome>[];
}

/** A saga that has not begun: `advance` it with `start`. */
export function newInstance<Data, Reason extends string, Outcome extends string>(
  { name, version, stages }: Definition<Data, Reason, Outcome>,
  id: string,
  data: Data,
  now: number,
): Instance<Data> {
  return {
    id,
    name,
    version,
    state: 'acting',
    step: stages[0]!.name,
    attempts: 0,
    askedAt: now,
    deadline: null,
    reason: null,
    data,
    log: [],
    done: false,
    attentionSince: null,
    lastError: null,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * One move of one saga: what has come (a reply, the passing of the deadline) and what follows. Pure: it changes
 * nothing it is given and sends nothing. Silence before its deadline, a duplicate, and a reply nobody asked for change
 * nothing, so every input may be delivered any number of times.
 */
export function advance<Data, Reason extends string, Outcome extends string>(
  definition: Definition<Data, Reason, Outcome>,
  instance: Instance<Data>,
  input: Input,
  now: number,
  policy: Policy,
): Advance<Data, Outcome> {
  const turn = {
    definition,
    now,
    policy,
    send: [],
    notes: [],
    transitions: [],
    instance: { ...instance, log: [...instance.log], updatedAt: now },
  };
  // The types of one definition end here: inside, data is only handed from one of its functions to the next.
  const changed = take(turn as unknown as Turn, input);
  const { send, notes, transitions } = turn;
  return { instance: changed ? turn.instance : instance, send, notes, transitions };
}

/** Returns whether the instance changed. */
function take(turn: Turn, input: Input): boolean {
  switch (input.kind) {
    case 'reply':
      return hear(turn, input.name, input.data);
    case 'call-off':
      return callOff(turn, input);
    case 'resume':
      return resume(turn, input.by);
    case 'start':
      enter(turn, 0);
      return true;
    case 'silence':
      if (!isDue(turn)) return false;
      silence(turn);
      return true;
  }
}

function hear(turn: Turn, reply: string, data: unknown): boolean {
  const { instance, definition } = turn;
  const owner = definition.ownerOf.get(reply);
  const awaited = instance.state === 'acting' ? 'action' : 'compensation';
  if (instance.done || owner?.role !== awaited || definition.stages[owner.index]!.name !== instance.step) {
    return strayReply(turn, owner, reply, data);
  }
  if (owner.role === 'compensation') {
    record(turn, 'reply', reply);
    undoFrom(turn, owner.index - 1);
  } else {
    const step = definition.stages[owner.index] as Step<SomeData>;
    follow(turn, owner.index, reply, step.on[reply]!(data as never, instance.data));
  }
  return true;
}

/** What the step's handler made of the reply. */
function follow(turn: Turn, index: number, reply: string, decision: Decision<SomeData, string>): void {
  const { instance, definition, now, policy } = turn;
  const step = definition.stages[index] as Step<SomeData>;
  record(turn, 'reply', reply, decision.note);
  if (decision.kind === 'proceed') {
    instance.data = without({ ...instance.data, ...decision.patch }, step.forgets);
    tell(turn, step.outcome);
    enter(turn, index + 1);
  } else if (decision.kind === 'retry') {
    instance.lastError = decision.note;
    instance.deadline = now + backoffMs(instance.attempts, policy, instance.attentionSince !== null);
  } else {
    const backOut = step.kind === 'retriable' ? 'undo' : 'abort';
    if (decision.kind !== backOut) throw new Error(`"${step.name}" is ${step.kind} and cannot ${decision.kind}`);
    giveUp(turn, index - 1, step.kind === 'retriable' ? 'undoing' : 'compensating', decision);
  }
}

/** Goes on with the stage at `index`: sends the step's command, decides the pivot, or is through. */
function enter(turn: Turn, index: number): void {
  const { instance, definition, now } = turn;
  const stage = definition.stages[index];
  if (!stage) {
    end(turn, 'completed');
  } else if (stage.kind === 'pivot') {
    const decision = stage.decide(instance.data, now);
    if (decision.kind === 'abort') {
      giveUp(turn, index - 1, 'compensating', decision);
      return;
    }
    instance.data = { ...instance.data, ...decision.patch };
    record(turn, 'passed', stage.name, decision.note);
    tell(turn, stage.outcome);
    enter(turn, index + 1);
  } else {
    const { name: step, deadlineMs } = stage;
    askFirst(turn, stage.action, { step, deadlineMs, expires: stage.kind === 'compensatable' });
  }
}
