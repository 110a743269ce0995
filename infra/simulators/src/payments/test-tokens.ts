import { setTimeout as delay } from 'node:timers/promises';
import type { FaultCounter } from '../fault-counter.ts';
import type { Fault } from './fault.ts';
import { Refusal } from './refusal.ts';

/** What a test token makes the provider do. */
interface Behaviour {
  /** Refuses with this reason. */
  decline?: string;
  /** How the first authorisations go wrong, one after another; then it works. */
  faults?: Fault[];
  /** How every authorisation goes wrong. */
  always?: Fault;
  delayMs?: number;
  failingCaptures?: number | 'all';
}

const behaviours: Record<string, Behaviour> = {
  approve: {},
  decline: { decline: 'declined' },
  insufficient_funds: { decline: 'insufficient-funds' },
  timeout_charged: { always: 'hangDone' },
  // The request is lost on its way: nothing was charged, and a replay under the same key works.
  timeout_uncharged: { faults: ['hang'] },
  slow: { delayMs: 5_000 },
  flaky: { faults: ['http503', 'http503'] },
  capture_fails_10: { failingCaptures: 10 },
  capture_never: { failingCaptures: 'all' },
  // First before anything was done, then after it was.
  '500': { faults: ['http500', 'http500Done'] },
  '429': { faults: ['http429', 'http429'] },
  hang: { faults: ['hang', 'halfAnswer'] },
  reset_charged: { faults: ['resetDone'] },
  reset_uncharged: { faults: ['reset'] },
  answers_twice: { faults: ['twice'] },
};

/** Plays the test tokens. How often one has failed so far is in memory only: a restart begins to count again. */
export class TestTokens {
  readonly #counter: FaultCounter;
  readonly #attempts = new Map<string, number>();
  readonly #underWay = new Set<string>();

  constructor(counter: FaultCounter) {
    this.#counter = counter;
  }

  /** Any token may carry a suffix after a dot: `tok_approve.x7`. One that is not in the table is declined. */
  behaviour(token: string): Behaviour {
    const name = nameOf(token);
    return Object.hasOwn(behaviours, name) ? behaviours[name]! : { decline: 'unknown-token' };
  }

  /** How this authorisation goes wrong, if it does. */
  faultOf(key: string, token: string): Fault | undefined {
    const { faults, always } = this.behaviour(token);
    const fault = always ?? faults?.[this.#attempt(key, faults.length)];
    if (fault) this.#counter.count(`tok_${nameOf(token)}`);
    return fault;
  }

  /** How this capture goes wrong, if it does. */
  faultOfCapture(key: string, failing: number | 'all'): Fault | undefined {
    if (failing === 0) return undefined;
    const fails = failing === 'all' || this.#attempt(key, failing) < failing;
    if (fails) this.#counter.count('capture_failed');
    return fails ? 'http503' : undefined;
  }

  /** The call is under way for as long as its token says. */
  async takeTime(key: string, token: string): Promise<void> {
    const { delayMs } = this.behaviour(token);
    if (this.#underWay.has(key)) throw new Refusal(409, 'in-progress');
    if (!delayMs) return;
    this.#counter.count(`tok_${nameOf(token)}`);
    this.#underWay.add(key);
    await delay(delayMs);
    this.#underWay.delete(key);
  }

  /** How many attempts there were before this one; not counted further than `upTo`. */
  #attempt(key: string, upTo: number): number {
    const before = this.#attempts.get(key) ?? 0;
    if (before < upTo) this.#attempts.set(key, before + 1);
    return before;
  }
}

const nameOf = (token: string) => (token.startsWith('tok_') ? token.slice('tok_'.length).split('.', 1)[0]! : '');
