import type { ProviderCall } from './ask-provider.ts';
import { Expired, NoAnswer, type ProviderAnswer } from './payment-provider.ts';
import type { Slots } from './slots.ts';

/** What one call of a batch came to by the end of the batch. */
export type Outcome =
  | { answer: ProviderAnswer }
  | { answer: undefined; why: 'under-way' | 'not-made' | 'expired' }
  | { answer: undefined; why: 'no-answer'; retryAfterMs: number };

export interface BatchOptions {
  slots: Slots;
  /** The batch ends once no answer came for this long: a slow call must not hold up its neighbours. */
  patienceMs: number;
  /** Gets the answer of a call that the batch did not wait for, by the call's place in the batch. */
  late: (index: number, answer: ProviderAnswer) => void;
  /** Hears of a late call that failed for another reason than silence. */
  lateFailure: (index: number, error: unknown) => void;
}

/**
 * Makes the calls of a batch side by side, as many as there are slots. It ends when all are answered or patience is over;
 * calls under way then go on and keep their slots, those not made are not made any more.
 * @throws what a call throws that is not {@link NoAnswer}
 */
export function callAll(calls: readonly ProviderCall[], options: BatchOptions): Promise<Outcome[]> {
  return calls.length === 0 ? Promise.resolve([]) : new ProviderBatch(calls, options).run();
}

const noAnswer = ({ retryAfterMs }: NoAnswer): Outcome => ({ answer: undefined, why: 'no-answer', retryAfterMs });

class ProviderBatch {
  readonly #calls: readonly ProviderCall[];
  readonly #options: BatchOptions;
  readonly #outcomes: Outcome[];
  readonly #ended = Promise.withResolvers<Outcome[]>();
  #patience: NodeJS.Timeout | undefined;
  #next = 0;
  #unanswered: number;
  #over = false;

  constructor(calls: readonly ProviderCall[], options: BatchOptions) {
    this.#calls = calls;
    this.#options = options;
    this.#unanswered = calls.length;
    this.#outcomes = calls.map(() => ({ answer: undefined, why: 'not-made' }));
  }

  run(): Promise<Outcome[]> {
    this.#patience = setTimeout(() => this.#end(), this.#options.patienceMs);
    this.#options.slots.wait(this.#start);
    this.#start();
    return this.#ended.promise;
  }

  readonly #start = (): void => {
    const { slots } = this.#options;
    while (this.#next < this.#calls.length && slots.take()) void this.#make(this.#next++);
    if (this.#next === this.#calls.length) slots.leave(this.#start);
  };

  async #make(index: number): Promise<void> {
    this.#outcomes[index] = { answer: undefined, why: 'under-way' };
    try {
      this.#heard(index, { answer: await this.#calls[index]!() });
    } catch (error) {
      if (error instanceof NoAnswer) this.#heard(index, noAnswer(error));
      else if (error instanceof Expired) this.#heard(index, { answer: undefined, why: 'expired' });
      else if (this.#over) this.#options.lateFailure(index, error);
      else this.#end(error);
    } finally {
      this.#options.slots.give();
    }
  }

  #heard(index: number, outcome: Outcome): void {
    if (this.#over) {
      if (outcome.answer) this.#options.late(index, outcome.answer);
      return;
    }
    this.#outcomes[index] = outcome;
    if (--this.#unanswered === 0) this.#end();
    else this.#patience?.refresh();
  }

  #end(error?: unknown): void {
    this.#over = true;
    clearTimeout(this.#patience);
    this.#options.slots.leave(this.#start);
    if (error === undefined) this.#ended.resolve(this.#outcomes);
    else this.#ended.reject(error);
  }
}
