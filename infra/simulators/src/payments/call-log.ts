import type { Fault } from './fault.ts';

export const verbs = ['authorise', 'capture', 'void', 'refund', 'look-up'] as const;
export type Verb = (typeof verbs)[number];

export interface Call {
  /** Milliseconds since the epoch. */
  at: number;
  verb: Verb;
  key: string;
  /** Unknown for a look-up, which has only a key. */
  orderId?: string;
  fault?: Fault | undefined;
}

const remembered = 10_000;

/** The latest calls, in memory: under which keys a caller came, and when. Tests ask it; the provider itself does not. */
export class CallLog {
  readonly #calls: Call[] = [];
  #next = 0;

  add(call: Call): void {
    this.#calls[this.#next] = call;
    this.#next = (this.#next + 1) % remembered;
  }

  /** Oldest first. */
  about(orderId: string): Call[] {
    const inOrder = [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)];
    return inOrder.filter((call) => call.orderId === orderId || call.key === orderId);
  }
}
