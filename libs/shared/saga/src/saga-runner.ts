import type { Incoming, Outbox, Outgoing, Tx } from '@ringshop/messaging';
import { type Advance, advance, type Input, newInstance } from './advance.ts';
import type { AnyDefinition, Definition } from './definition.ts';
import { Definitions, NewerVersion } from './definitions.ts';
import { envelope } from './envelope.ts';
import type { Instance, Policy } from './instance.ts';
import { longestWaitMs as longestWait } from './longest-wait.ts';
import { claimDue, insertSagas, lockSagas, updateSagas } from './sagas.table.ts';
import type { Note, SomeData, Transition } from './turn.ts';

export interface SagaRunnerOptions<Outcome extends string> {
  /** All processes of this service, and their older versions, as long as sagas of theirs are under way. */
  definitions: AnyDefinition<Outcome>[];
  outbox: Pick<Outbox, 'transaction'>;
  /** Topic on which this service hears replies. */
  replyTo: string;
  /** `source` of the messages it sends. */
  source: string;
  policy: Omit<Policy, 'random'> & Partial<Pick<Policy, 'random'>>;
  /** Writes what the sagas have decided to the application's own tables, in the same transaction; once a batch. */
  onTransitions: (tx: Tx, transitions: Transition<SomeData, Outcome>[]) => Promise<void>;
  /** Which sagas this process may write: of those that fall due, the others wait for whoever may. All, when it is not said. */
  mayWrite?: (tx: Tx, ids: string[]) => Promise<Set<string>>;
  /** The error for a saga that this process may not write, and that would have to be; the transaction then has no effect. */
  refusal?: (id: string) => Error;
  /** Replies that changed nothing, after the commit. */
  onNotes?: (notes: Note[]) => void;
  /** Most sagas that one sweep transaction takes. */
  sweepLimit?: number;
  now?: () => number;
}

type Saga = Instance<SomeData>;

/** What a saga has come to, and the trace it belongs to. */
interface Moved<Outcome extends string> extends Advance<SomeData, Outcome> {
  before?: Saga;
  traceparent?: string | undefined;
}

/**
 * Carries sagas through the database: a whole batch is one transaction, in which rows, messages and the application's
 * own changes are written together or not at all. Nothing is remembered between calls, so any number of replicas may
 * run side by side, and a crash at any point loses nothing: what was not committed is delivered, or falls due, again.
 */
export class SagaRunner<Outcome extends string> {
  readonly #options: SagaRunnerOptions<Outcome>;
  readonly #definitions: Definitions<Outcome>;
  readonly #policy: Policy;
  readonly #now: () => number;

  /** @throws InvalidDefinition when a reply could belong to sagas of two kinds */
  constructor(options: SagaRunnerOptions<Outcome>) {
    this.#options = options;
    this.#definitions = new Definitions(options.definitions);
    this.#policy = { random: Math.random, ...options.policy };
    this.#now = options.now ?? Date.now;
  }

  /** Writes new sagas and their first commands in the caller's transaction. There must be none of that kind about an id. */
  begin<Data>(
    tx: Tx,
    definition: Definition<Data, never, Outcome> | AnyDefinition<Outcome>,
    sagas: { id: string; data: Data; traceparent?: string | undefined }[],
  ): void {
    if (sagas.length === 0) return;
    const now = this.#now();
    const kind = definition as AnyDefinition<Outcome>;
    const moved = sagas.map(({ id, data, traceparent }) => {
      const saga = newInstance(kind, id, data as SomeData, now);
      return { ...this.#advance(saga, { kind: 'start' }, now), traceparent };
    });
    tx.publish(moved.flatMap((one) => this.#outgoing(one)));
    insertSagas(
      tx,
      moved.map(({ instance }) => instance),
    );
  }

  /**
   * Locks all sagas about these ids until the caller's transaction ends: whatever it then reads of theirs stays so.
   * Hand what it answers to `intervene`.
   */
  lock(tx: Tx, ids: string[]): Promise<Saga[]> {
    return lockSagas<SomeData>(tx, ids);
  }

  /** Calls locked sagas off, or resumes them, in the caller's transaction. @returns those that this has changed */
  async intervene(tx: Tx, sagas: Saga[], input: Input & { kind: 'call-off' | 'resume' }): Promise<Saga[]> {
    const now = this.#now();
    const moved = sagas.map((before) => ({ ...this.#advance(before, input, now), before }));
    await this.#write(tx, moved, await this.#mayWrite(tx, [...new Set(sagas.map(({ id }) => id))]));
    return moved.filter(({ before, instance }) => instance !== before).map(({ instance }) => instance);
  }

  /** Several replies to one saga are applied in the order of the batch. */
  async handleReplies(batch: Incoming[]): Promise<void> {
    if (batch.length === 0) return;
    const replies = Map.groupBy(batch, ({ event }) => event.subject);
    const moved = await this.#options.outbox.transaction(async (tx) => {
      const ids = [...replies.keys()];
      const [sagas, ours] = await Promise.all([lockSagas<SomeData>(tx, ids), this.#mayWrite(tx, ids)]);
      const moved = [...this.#definitions.addressed(sagas, replies)].map(([saga, its]) => this.#hear(saga, its));
      return this.#write(tx, moved, ours);
    });
    const known = new Set(moved.map(({ instance }) => instance.id));
    const strangers = batch.filter(({ event }) => !known.has(event.subject));
    this.#options.onNotes?.([
      ...moved.flatMap(({ notes }) => notes),
      ...strangers.map(({ name, event }): Note => ({ id: event.subject, what: 'unknown saga', reply: name })),
    ]);
  }

  /** Moves every saga whose deadline has passed; returns how many. Each deadline fires in exactly one runner. */
  async sweepDeadlines(): Promise<number> {
    const { outbox, definitions, sweepLimit = 200 } = this.#options;
    const longestWaitMs = longestWait(definitions, this.#policy);
    const others: string[] = [];
    for (let swept = 0; ; ) {
      const claimed = await outbox.transaction(async (tx) => {
        const now = this.#now();
        const due = await claimDue<SomeData>(tx, { now, longestWaitMs, limit: sweepLimit, except: others });
        const ids = [...new Set(due.map(({ id }) => id))];
        const ours = await this.#mayWrite(tx, ids);
        const moved = due.filter(({ id }) => ours.has(id)).flatMap((saga) => this.#silent(saga, now) ?? []);
        await this.#write(tx, moved, ours);
        const seenTo = new Set(moved.map(({ before }) => before));
        others.push(...due.filter((saga) => !seenTo.has(saga)).map(({ id }) => id));
        swept += moved.length;
        return due.length;
      });
      if (claimed < sweepLimit) return swept;
    }
  }

  #hear(before: Saga, replies: Incoming[]): Moved<Outcome> {
    const now = this.#now();
    const all: Moved<Outcome> = { before, instance: before, send: [], notes: [], transitions: [] };
    for (const { name, event } of replies) {
      const next = this.#advance(all.instance, { kind: 'reply', name, data: event.data }, now);
      all.instance = next.instance;
      all.send.push(...next.send);
      all.notes.push(...next.notes);
      all.transitions.push(...next.transitions);
      all.traceparent = event.traceparent;
    }
    return all;
  }

  /**
   * One saga that cannot be moved (its definition is gone, or wrong) must not keep the deadlines of all others. One of a
   * newer version is left to the processes that are about to take over; when none has come for as long as it takes to
   * park a saga, this one parks it.
   */
  #silent(before: Saga, now: number): Moved<Outcome> | undefined {
    try {
      return { ...this.#advance(before, { kind: 'silence' }, now), before };
    } catch (error) {
      if (error instanceof NewerVersion && now - before.deadline! < this.#policy.parkAfterMs) return undefined;
      const { attentionSince, ...rest } = before;
      const parked = { attentionSince: attentionSince ?? now, deadline: now + this.#policy.retryMaxMs };
      const instance = { ...rest, ...parked, lastError: String(error), updatedAt: now };
      return { before, instance, send: [], notes: [], transitions: [] };
    }
  }

  async #write(tx: Tx, moved: Moved<Outcome>[], ours: ReadonlySet<string>): Promise<Moved<Outcome>[]> {
    const changed = moved.flatMap(({ before, instance }) => (instance === before ? [] : [instance]));
    if (changed.length === 0) return moved;
    const { refusal, onTransitions } = this.#options;
    const foreign = changed.find(({ id }) => !ours.has(id));
    if (foreign) throw refusal?.(foreign.id) ?? new Error(`${foreign.id} must not be written here`);
    tx.publish(moved.flatMap((one) => this.#outgoing(one)));
    updateSagas(tx, changed);
    const transitions = moved.flatMap((one) => one.transitions);
    if (transitions.length > 0) await onTransitions(tx, transitions);
    return moved;
  }

  async #mayWrite(tx: Tx, ids: string[]): Promise<ReadonlySet<string>> {
    return (await this.#options.mayWrite?.(tx, ids)) ?? new Set(ids);
  }

  #advance(instance: Saga, input: Input, now: number): Advance<SomeData, Outcome> {
    return advance(this.#definitions.of(instance), instance, input, now, this.#policy);
  }

  #outgoing({ instance, send, traceparent }: Moved<Outcome>): Outgoing[] {
    const { replyTo, source } = this.#options;
    return send.map((one) => envelope(one, { source, replyTo, subject: instance.id, traceparent }));
  }
}
