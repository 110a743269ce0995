import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '../faults.ts';
import { Refusal } from './refusal.ts';

/** What a test token makes the provider do. */
interface Behaviour {
  /** Refuses with this reason. */
  decline?: string;
  /** Gives no answer: to any call, though the first one charged; or to the first call only, which is lost. */
  silent?: 'after-authorising' | 'first-call-lost';
  delayMs?: number;
  /** Answers 503 this often before it works. */
  failures?: number;
  failingCaptures?: number | 'all';
}

const behaviours: Record<string, Behaviour> = {
  approve: {},
  decline: { decline: 'declined' },
  insufficient_funds: { decline: 'insufficient-funds' },
  timeout_charged: { silent: 'after-authorising' },
  // The request is lost on its way: nothing was charged, and a replay under the same key works.
  timeout_uncharged: { silent: 'first-call-lost' },
  slow: { delayMs: 5_000 },
  flaky: { failures: 2 },
  capture_fails_10: { failingCaptures: 10 },
  capture_never: { failingCaptures: 'all' },
};

/** Plays the test tokens. How often one has failed so far is in memory only: a restart begins to count again. */
export class TestTokens {
  readonly #faults: Faults;
  readonly #attempts = new Map<string, number>();
  readonly #underWay = new Set<string>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Any token may carry a suffix after a dot: `tok_approve.x7`. One that is not in the table is declined. */
  behaviour(token: string): Behaviour {
    const name = nameOf(token);
    return Object.hasOwn(behaviours, name) ? behaviours[name]! : { decline: 'unknown-token' };
  }

  /**
   * Fails, delays or loses an authorisation before any work is done.
   * @returns whether the call goes on; when not, its caller must never hear an answer.
   */
  async admits(key: string, token: string): Promise<boolean> {
    const { failures, silent, delayMs } = this.behaviour(token);
    if (this.#underWay.has(key)) throw new Refusal(409, 'in-progress');
    if (failures) this.#failUpTo(failures, key, nameOf(token));
    if (silent === 'first-call-lost' && this.#attempt(key) === 1) {
      this.#faults.count(nameOf(token));
      return false;
    }
    if (delayMs) {
      this.#faults.count(nameOf(token));
      this.#underWay.add(key);
      await delay(delayMs);
      this.#underWay.delete(key);
    }
    return true;
  }

  /** True when the work was done and the caller must not hear so. */
  swallows(token: string): boolean {
    const swallowed = this.behaviour(token).silent === 'after-authorising';
    if (swallowed) this.#faults.count(nameOf(token));
    return swallowed;
  }

  failCapture(key: string, failingCaptures: number | 'all'): void {
    this.#failUpTo(failingCaptures === 'all' ? Number.POSITIVE_INFINITY : failingCaptures, key, 'capture_failed');
  }

  #failUpTo(failures: number, key: string, fault: string): void {
    if (failures === 0 || this.#attempt(key) > failures) return;
    this.#faults.count(fault);
    throw new Refusal(503, 'temporarily-unavailable');
  }

  #attempt(key: string): number {
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    return attempt;
  }
}

const nameOf = (token: string) => (token.startsWith('tok_') ? token.slice('tok_'.length).split('.', 1)[0]! : '');
