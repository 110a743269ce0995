/**
 * Modes of a saga, and what moves between them:
 *
 *     acting ──────────────── last step answered ──▶ completed
 *       │ refusal, silence or call-off before the pivot
 *       ├──▶ compensating ──── first step undone ──▶ compensated
 *       │ undo() after the pivot
 *       └──▶ undoing ───────── first step undone ──▶ undone
 */
export type State = 'acting' | 'compensating' | 'undoing' | 'completed' | 'compensated' | 'undone';

/** `[at, what, detail, times]`, short because all of it is written again at each step. `at` is in ms since `createdAt`. */
export type LogEntry = [at: number, what: What, detail?: string, times?: number];

export type What =
  | 'sent'
  | 'reply'
  | 'silence'
  | 'asked again'
  | 'passed'
  | 'called off'
  | 'giving up'
  | 'late'
  | 'resumed'
  | 'ended';

/** One saga under way. Times are epoch milliseconds. */
export interface Instance<Data> {
  id: string;
  name: string;
  version: number;
  state: State;
  /** The step whose action (acting) or compensation (compensating, undoing) is waited for. */
  step: string;
  /** How often the command that is waited for has been sent. */
  attempts: number;
  /** When it was sent first; parking counts from here. */
  askedAt: number;
  /** When waiting for it is over; null once the saga is done. */
  deadline: number | null;
  reason: string | null;
  data: Data;
  log: LogEntry[];
  done: boolean;
  /** Parked since: retried for too long, still being retried. */
  attentionSince: number | null;
  lastError: string | null;
  createdAt: number;
  updatedAt: number;
}

export interface Policy {
  /** How long the first answer to a command may take. */
  stepDeadlineMs: number;
  /** A command that must not be given up is asked again after min, doubled up to max. */
  retryMinMs: number;
  retryMaxMs: number;
  /** Retried for longer than this: a person should look. */
  parkAfterMs: number;
  /** A parked one is asked again at least this often; no less patient than `retryMaxMs`. */
  retryParkedMs: number;
  /** In [0, 1); injected so that the core stays pure. */
  random: () => number;
}

export interface TimelineEntry {
  at: string;
  what: What;
  detail: string;
}

/** The log as people and the API read it. */
export function timeline({ log, createdAt }: Pick<Instance<unknown>, 'log' | 'createdAt'>): TimelineEntry[] {
  return log.map(([at, what, detail = '', times = 1]) => ({
    at: new Date(createdAt + at).toISOString(),
    what,
    detail: times > 1 ? `${detail} (${times} times)` : detail,
  }));
}
