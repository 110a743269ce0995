import type { Ask, Definition } from './definition.ts';
import type { Instance, Policy, What } from './instance.ts';

/** A command to send; the runner puts it into an envelope. */
export interface Send {
  name: string;
  topic: string;
  data: unknown;
  /** Epoch ms after which the saga has given up on the answer; absent where it never does. */
  expiresAt?: number;
}

/** A reply that changed nothing, for a counter: each is legal, many of them are news. */
export interface Note {
  what: 'duplicate' | 'late' | 'unexpected';
  reply: string;
}

export interface Transition<Data, Outcome extends string = string> {
  id: string;
  outcome: Outcome;
  reason: string | null;
  data: Data;
  at: number;
}

/** What one call of `advance` works on: a copy of the instance, and everything that comes of it. */
export interface Turn<Data, Outcome extends string> {
  definition: Definition<Data, string, Outcome>;
  instance: Instance<Data>;
  now: number;
  policy: Policy;
  send: Send[];
  notes: Note[];
  transitions: Transition<Data, Outcome>[];
}

const maxDetail = 200;

/**
 * Adds to the log, or counts up what has been said since the last command was first sent: a saga that is retried
 * for a week has a log of the same size as one that was retried twice.
 */
export function record<Data, Outcome extends string>(turn: Turn<Data, Outcome>, what: What, text?: string): void {
  const { instance, now } = turn;
  const detail = text?.slice(0, maxDetail);
  for (let i = instance.log.length - 1; i >= 0 && instance.log[i]![1] !== 'sent'; i--) {
    const [at, before, said, times = 1] = instance.log[i]!;
    if (before !== what || said !== detail) continue;
    instance.log[i] = [at, what, detail, times + 1];
    return;
  }
  instance.log.push(detail === undefined ? [now, what] : [now, what, detail]);
}

/** Puts the command of `ask` among those to send. */
export function dispatch<Data, Outcome extends string>(turn: Turn<Data, Outcome>, ask: Ask<Data>, expiresAt?: number) {
  const { name, topic } = ask.command;
  turn.send.push({ name, topic, data: ask.with(turn.instance.data), ...(expiresAt !== undefined && { expiresAt }) });
}

/** Sends the command of a step for the first time and waits for its answer. */
export function askFirst<Data, Outcome extends string>(
  turn: Turn<Data, Outcome>,
  step: string,
  ask: Ask<Data>,
  expires: boolean,
): void {
  const { instance, now, policy } = turn;
  const deadline = now + policy.stepDeadlineMs;
  Object.assign(instance, { step, attempts: 1, askedAt: now, deadline, attentionSince: null, lastError: null });
  dispatch(turn, ask, expires ? deadline : undefined);
  record(turn, 'sent', ask.command.name);
}

/** Tells the application that its record of this process has to change. */
export function tell<Data, Outcome extends string>(turn: Turn<Data, Outcome>, outcome: Outcome | undefined): void {
  const { instance, now } = turn;
  if (!outcome) return;
  turn.transitions.push({ id: instance.id, outcome, reason: instance.reason, data: instance.data, at: now });
}
