import type { Tariff, Verdict } from './tariff.ts';

/** `owedMs` as of `sentAt`, with all that was told and the `granted` of those that asked. */
export interface Answer {
  granted: number;
  owedMs: number;
  sentAt: number;
}

/** What goes to Redis with one call. */
export interface Count {
  principal: Principal;
  /** Let in already. */
  told: number;
  asking: ((verdict: Verdict) => void)[];
}

/** A customer or an address: what this gateway knows of what it owes, and what Redis has not heard yet. */
export class Principal {
  readonly key: string;
  readonly tariff: Tariff;
  /** Let in and not yet counted in Redis, whether that is under way or not. */
  untold = 0;
  #told = 0;
  #asking: Count['asking'] = [];
  /** When it will owe nothing any more, by this process's clock: never later than by what Redis answered. */
  #freeAt = 0;
  /** The same for {@link Tariff.quiet}, whether what was kept has been told since or not: else it would be no bound. */
  #quietFreeAt = 0;
  /** Kept, and not told since. */
  #kept = 0;

  constructor(key: string, tariff: Tariff) {
    this.key = key;
    this.tariff = tariff;
  }

  owedMs(now: number): number {
    return Math.max(0, this.#freeAt - now);
  }

  /** Decides by what is known here. */
  take(now: number): Verdict {
    const owedMs = this.owedMs(now);
    const freeAt = this.tariff.freeAfter(this.#freeAt, now);
    if (freeAt === undefined) return this.tariff.refused(owedMs);
    this.#freeAt = freeAt;
    return this.tariff.letIn(owedMs + this.tariff.costMs);
  }

  /** Whether one more is too little to be told; if so, it is kept until something else is. */
  keep(now: number): boolean {
    const freeAt = this.tariff.quiet?.freeAfter(this.#quietFreeAt, now);
    if (freeAt === undefined) return false;
    this.#quietFreeAt = freeAt;
    this.#kept++;
    return true;
  }

  /** @returns whether something was waiting to go already */
  tell(): boolean {
    this.untold++;
    return this.#told++ > 0 || this.#asking.length > 0;
  }

  ask(): Promise<Verdict> {
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** What has come up since the last call, with what was too little to be told before. */
  takeCount(now: number): Count {
    const stillOwed = Math.min(this.#kept, Math.ceil(this.owedMs(now) / this.tariff.costMs));
    const count = { principal: this, told: this.#told + stillOwed, asking: this.#asking };
    this.untold += stillOwed;
    this.#kept = 0;
    this.#told = 0;
    this.#asking = [];
    return count;
  }

  /** What Redis says, or what is known here when it says nothing. */
  settle({ told, asking }: Count, answer: Answer | undefined): void {
    this.untold -= told;
    if (answer === undefined) {
      for (const resolve of asking) resolve(this.take(performance.now()));
      return;
    }
    const { granted, owedMs, sentAt } = answer;
    const { costMs } = this.tariff;
    this.#freeAt = sentAt + owedMs + this.untold * costMs;
    if (asking.length === 0) return;
    for (const [index, resolve] of asking.entries()) {
      // The last one let in sees what is left; those before it had one more each.
      if (index < granted) resolve(this.tariff.letIn(owedMs - (granted - 1 - index) * costMs));
      else resolve(this.tariff.refused(owedMs));
    }
  }
}
