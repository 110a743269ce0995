import type { Definition } from './definition.ts';
import type { Instance, Policy, What } from './instance.ts';
import type { Ask } from './stage.ts';

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
  /** What the saga is about. */
  id: string;
  what: 'duplicate' | 'late' | 'unexpected' | 'unknown saga';
  reply: string;
}

/** The application's record of this process has to change. */
export interface Transition<Data, Outcome extends string = string> {
  id: string;
  /** Name of the saga's definition. */
  saga: string;
  outcome: Outcome;
  reason: string | null;
  data: Data;
  /** Epoch ms. */
  at: number;
}

/** Some saga's data: the core moves it about and never looks inside. */
export type SomeData = Record<string, unknown>;

/** What one call of `advance` works on: a copy of the instance, and everything that comes of it. */
export interface Turn {
  definition: Definition<SomeData>;
  instance: Instance<SomeData>;
  now: number;
  policy: Policy;
  send: Send[];
  notes: Note[];
  transitions: Transition<SomeData>[];
}

const maxDetail = 200;

/**
 * Adds to the log, or counts up what has been said since the last command was first sent: a saga that is retried
 * for a week has a log of the same size as one that was retried twice.
 */
export function record({ instance, now }: Turn, what: What, ...texts: (string | null | undefined)[]): void {
  const { log, createdAt } = instance;
  const detail = texts.filter(Boolean).join(': ').slice(0, maxDetail);
  for (let i = log.length - 1; i >= 0 && log[i]![1] !== 'sent'; i--) {
    const [at, before, said, times = 1] = log[i]!;
    if (before !== what || said !== detail) continue;
    log[i] = [at, what, detail, times + 1];
    return;
  }
  log.push([now - createdAt, what, detail]);
}

interface Asking {
  /** Name of the step. */
  step: string;
  /** Whether it is given up when the deadline passes. */
  expires: boolean;
  deadlineMs?: number | undefined;
}

/** Sends the command of a step for the first time and waits for its answer. */
export function askFirst(turn: Turn, ask: Ask<SomeData>, { step, expires, deadlineMs }: Asking): void {
  const { instance, now, policy } = turn;
  const deadline = now + (deadlineMs ?? policy.stepDeadlineMs);
  Object.assign(instance, { step, attempts: 1, askedAt: now, deadline, attentionSince: null, lastError: null });
  dispatch(turn, ask, expires ? deadline : undefined);
  record(turn, 'sent', ask.command.name);
}

/** Puts a command among those to send, without waiting for anything. */
export function dispatch({ send, instance }: Turn, { command, with: dataFrom }: Ask<SomeData>, expiresAt?: number) {
  const { name, topic } = command;
  send.push({ name, topic, data: dataFrom(instance.data), ...(expiresAt !== undefined && { expiresAt }) });
}

export function tell({ instance, now, transitions }: Turn, outcome: string | undefined): void {
  if (!outcome) return;
  const { id, name, reason, data } = instance;
  transitions.push({ id, saga: name, outcome, reason, data, at: now });
}
