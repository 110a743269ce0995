/**
 * What a handler makes of a reply. Which ones it may return depends on where the step stands:
 * before the pivot `proceed` or `abort`; after it `proceed`, `retry` or, where going on is impossible, `undo`.
 */
export interface Proceed<Data> {
  kind: 'proceed';
  /** Merged into the saga's data; a key set to undefined is dropped. */
  patch: Partial<Data>;
  note: string | undefined;
}

export interface Abort<Reason> {
  kind: 'abort';
  reason: Reason;
  note: string | undefined;
}

export interface Retry {
  kind: 'retry';
  note: string;
}

export interface Undo<Reason> {
  kind: 'undo';
  reason: Reason;
  note: string | undefined;
}

/** The step took place: on to the next one. `note` goes to the timeline. */
export const proceed = <Data = never>(patch: Partial<Data> = {}, note?: string): Proceed<Data> => ({
  kind: 'proceed',
  patch,
  note,
});

/** The step was refused and did nothing: the steps before it are undone, and the saga ends with `reason`. */
export const abort = <Reason extends string>(reason: Reason, note?: string): Abort<Reason> => ({
  kind: 'abort',
  reason,
  note,
});

/** The participant could not do it now: ask again with backoff, for ever. */
export const retry = (note: string): Retry => ({ kind: 'retry', note });

/** The one way back from behind the pivot: what was done is undone, although it had been promised. */
export const undo = <Reason extends string>(reason: Reason, note?: string): Undo<Reason> => ({
  kind: 'undo',
  reason,
  note,
});

export type Decision<Data, Reason> = Proceed<Data> | Abort<Reason> | Retry | Undo<Reason>;
