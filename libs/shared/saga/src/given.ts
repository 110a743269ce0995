import assert from 'node:assert/strict';
import { type Advance, advance, type Input, newInstance } from './advance.ts';
import type { Definition } from './definition.ts';
import type { Instance, Policy, State } from './instance.ts';
import type { Note, Send } from './turn.ts';

const localPolicy: Policy = {
  stepDeadlineMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 5_000,
  parkAfterMs: 60_000,
  retryParkedMs: 15_000,
  random: () => 1,
};

/**
 * A saga's story, told in the order in which it happens; everything the saga sends must be said. No server, no clock:
 *
 *     given(saga, data)
 *       .sends('reserve-stock').replied('out-of-stock', { skus: ['A'] })
 *       .ends('compensated', 'out-of-stock');
 */
export const given = <Data, Reason extends string, Outcome extends string>(
  definition: Definition<Data, Reason, Outcome>,
  data: Data,
  { now = Date.now(), policy = {} }: { now?: number; policy?: Partial<Policy> } = {},
): Story<Data, Reason, Outcome> =>
  new Story(definition, newInstance(definition, 'saga', data, now), now, { ...localPolicy, ...policy });

class Story<Data, Reason extends string, Outcome extends string> {
  saga: Instance<Data>;
  now: number;
  readonly #definition: Definition<Data, Reason, Outcome>;
  readonly #policy: Policy;
  #unsaid: Send[] = [];
  #notes: Note[] = [];
  #told: Outcome[] = [];

  constructor(definition: Definition<Data, Reason, Outcome>, saga: Instance<Data>, now: number, policy: Policy) {
    this.#definition = definition;
    this.saga = saga;
    this.now = now;
    this.#policy = policy;
    this.#take({ kind: 'start' });
  }

  /** The next command; with `data`, exactly with that data. */
  sends(command: string, data?: unknown): this {
    const send = this.#unsaid.shift();
    assert.equal(send?.name, command, `expected ${command} to be sent, in ${this.#where()}`);
    if (data !== undefined) assert.deepEqual(send!.data, data);
    return this;
  }

  sendsNothing(): this {
    assert.deepEqual(this.#unsaid, [], `nothing was to be sent, in ${this.#where()}`);
    return this;
  }

  replied(reply: string, data: unknown = {}): this {
    this.sendsNothing();
    return this.#take({ kind: 'reply', name: reply, data });
  }

  /** Somebody who is entitled to calls it off. */
  calledOff(reason: Reason, note?: string): this {
    this.sendsNothing();
    return this.#take({ kind: 'call-off', reason, ...(note !== undefined && { note }) });
  }

  /** A person wants it tried again. */
  resumed(by: string): this {
    this.sendsNothing();
    return this.#take({ kind: 'resume', by });
  }

  /** Nobody answers until the deadline has passed. */
  silence(): this {
    this.sendsNothing();
    assert.notEqual(this.saga.deadline, null, `nothing is waited for, in ${this.#where()}`);
    this.now = this.saga.deadline!;
    return this.#take({ kind: 'silence' });
  }

  after(elapsedMs: number): this {
    this.now += elapsedMs;
    return this;
  }

  /** The application was told exactly this since it was last asked. */
  tells(...outcomes: Outcome[]): this {
    assert.deepEqual(this.#told, outcomes);
    this.#told = [];
    return this;
  }

  /** The last reply changed nothing that is waited for, and was counted as this. */
  notes(what: Note['what']): this {
    assert.deepEqual(
      this.#notes.map((note) => note.what),
      [what],
    );
    return this;
  }

  parked(): this {
    assert.notEqual(this.saga.attentionSince, null, `not parked, in ${this.#where()}`);
    return this;
  }

  ends(state: State, reason: Reason | null = null): this {
    this.sendsNothing();
    const { done, state: is, reason: why } = this.saga;
    assert.deepEqual({ done, state: is, reason: why }, { done: true, state, reason });
    return this;
  }

  #take(input: Input): this {
    const next: Advance<Data, Outcome> = advance(this.#definition, this.saga, input, this.now, this.#policy);
    this.saga = next.instance;
    this.#unsaid.push(...next.send);
    this.#notes = next.notes;
    this.#told.push(...next.transitions.map(({ outcome }) => outcome));
    return this;
  }

  #where = () => `state ${this.saga.state} at "${this.saga.step}"`;
}
