import type { Incoming } from '@ringshop/messaging';
import { Gatherer, type Logger } from '@ringshop/service-defaults';
import { expired } from '../metrics.ts';
import type { AskProvider } from '../provider/ask-provider.ts';
import { callAll, type Outcome } from '../provider/provider-batch.ts';
import type { RetryAfter } from '../provider/retry-after.ts';
import type { Slots } from '../provider/slots.ts';
import { hasExpired, orderIdOf, type PaymentCommand } from './payment-command.ts';
import type { Result, Settlement } from './settlement.ts';

export interface PaymentsOptions {
  ask: AskProvider;
  settlement: Settlement;
  slots: Slots;
  retryAfter: RetryAfter;
  patienceMs: number;
  timeoutMs: number;
  retryMs: (failures: number) => number;
  logger: Logger;
}

/**
 * One batch: ask the provider, then record and reply in one transaction.
 *
 * Nothing is written before the calls. It is not needed: a crash after them delivers the batch again, the same calls are
 * made under the same keys, and the provider answers what it answered. A void reaches the provider even where no row says
 * that there is anything to void, since an authorise may be under way in a process that we know nothing of; there it
 * cancels by key.
 */
export class Payments {
  readonly #options: PaymentsOptions;
  readonly #late: Gatherer<Result, undefined>;

  constructor(options: PaymentsOptions) {
    this.#options = options;
    const settle = (results: Result[]) => options.settlement.settle(results).then(() => results.map(() => undefined));
    this.#late = new Gatherer(settle, { maxBatch: 200 });
  }

  async handle(batch: readonly Incoming[]): Promise<void> {
    const { ask, slots, retryAfter, patienceMs } = this.#options;
    // While nothing may be asked, the commands had better wait in Kafka than among the unresolved ones.
    await retryAfter.over(patienceMs);
    const commands = wanted(batch as readonly (Incoming & PaymentCommand)[]);
    // All tokens are opened before the first call: one that does not open must not cost its neighbours a second call.
    const calls = commands.map((command) => ask.first(command));
    const outcomes = await callAll(calls, {
      slots,
      patienceMs,
      late: (index, answer) => this.settleLater({ ...kept(commands[index]!), answer }),
      lateFailure: (index, error) => this.#failed(commands[index]!, error),
    });
    const results = outcomes.flatMap((outcome, index) => this.#result(commands[index]!, outcome));
    if (results.length > 0) await this.#options.settlement.settle(results);
  }

  /** Joins whatever else was answered late into one transaction. What fails here is found again by the resolver. */
  settleLater(result: Result): Promise<void> {
    return this.#late.submit(result).catch((error) => this.#failed(result.command, error));
  }

  /** Resolves when nothing that was answered late is left to record. */
  idle(): Promise<void> {
    return this.#late.idle();
  }

  /** None for one that expired on its way: nothing was done, and nobody waits for a reply. */
  #result(command: PaymentCommand, outcome: Outcome): Result | [] {
    const result = { command, answer: outcome.answer, attempts: 1, retryInMs: 0, kept: false };
    if (outcome.answer) return result;
    if (outcome.why === 'expired') {
      expired.inc();
      return [];
    }
    // A call under way is left alone until it has timed out; one that was never made is due at once.
    if (outcome.why === 'under-way') return { ...result, retryInMs: this.#options.timeoutMs };
    if (outcome.why === 'no-answer') return { ...result, retryInMs: this.#options.retryMs(1) + outcome.retryAfterMs };
    return { ...result, attempts: 0 };
  }

  #failed(command: PaymentCommand, error: unknown): void {
    this.#options.logger.error({ err: error, orderId: orderIdOf(command), command: command.name }, 'not settled yet');
  }
}

const kept = (command: PaymentCommand): Result => ({
  command,
  answer: undefined,
  attempts: 0,
  retryInMs: 0,
  kept: true,
});

/** Each command once, and without authorisations whose sender has given up: it voids them itself. */
function wanted(batch: readonly PaymentCommand[]): PaymentCommand[] {
  const commands = new Map<string, PaymentCommand>();
  for (const command of batch) {
    if (hasExpired(command)) expired.inc();
    else commands.set(`${command.name} ${orderIdOf(command)}`, command);
  }
  return [...commands.values()];
}
