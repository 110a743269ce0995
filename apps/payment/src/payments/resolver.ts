import type { Logger, Pool } from '@ringshop/service-defaults';
import type { AskProvider } from '../provider/ask-provider.ts';
import { Expired, NoAnswer, type ProviderAnswer } from '../provider/payment-provider.ts';
import type { RetryAfter } from '../provider/retry-after.ts';
import { hasExpired, orderIdOf, type PaymentCommand } from './payment-command.ts';
import type { Payments } from './payments.ts';
import { claimUnresolved, type Unresolved } from './unresolved-commands.table.ts';

export interface ResolverOptions {
  pool: Pool;
  ask: AskProvider;
  payments: Payments;
  retryAfter: RetryAfter;
  sweepMs: number;
  /** How long one attempt can take at most; after that another process may make it. */
  leaseMs: number;
  concurrency: number;
  retryMs: (failures: number) => number;
  logger: Logger;
}

/**
 * Pursues the commands that the provider gave no answer to, until it does: with backoff, for ever, in any replica.
 * Rows are claimed with SKIP LOCKED for a lease, so those of a process that died are taken over.
 *
 * An authorise whose sender has given up is not made any more, but looked up by its key until it is known what became of
 * it. It is not voided here: that could free the money of a confirmed order, because another delivery of the command, or a
 * late answer, may just have been replied to. Its sender hears of it, and voids it.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  /** Whether the last sweep found more than it had room for. */
  #isBehind = false;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#wake(), this.#options.sweepMs);
  }

  /** Attempts under way are left to their lease, but what is answered is recorded. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#sweeping;
    await this.#options.payments.idle();
  }

  #wake(): void {
    if (this.#timer === undefined) return;
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
  }

  async #sweep(): Promise<void> {
    const { pool, concurrency, leaseMs, retryAfter, logger } = this.#options;
    const room = concurrency - this.#underWay.size;
    if (room <= 0 || retryAfter.allLeftMs > 0) return;
    try {
      const claimed = await claimUnresolved(pool, room, leaseMs);
      this.#isBehind = claimed.length === room;
      for (const unresolved of claimed) this.#pursue(unresolved);
    } catch (error) {
      logger.warn({ err: error }, 'unresolved commands could not be read; trying again');
    }
  }

  #pursue({ command, attempts }: Unresolved): void {
    const { payments, retryMs } = this.#options;
    const pursued = this.#attempt(command)
      .then(({ answer, retryAfterMs }) =>
        payments.settleLater({ command, answer, attempts, retryInMs: retryMs(attempts) + retryAfterMs, kept: true }),
      )
      .finally(() => {
        this.#underWay.delete(pursued);
        // After an outage there are many: the next ones need not wait for the clock.
        if (this.#isBehind && this.#underWay.size <= this.#options.concurrency / 2) this.#wake();
      });
    this.#underWay.add(pursued);
  }

  async #attempt(command: PaymentCommand): Promise<{ answer: ProviderAnswer | undefined; retryAfterMs: number }> {
    const { ask, logger } = this.#options;
    try {
      return { answer: await this.#ask(ask, command), retryAfterMs: 0 };
    } catch (error) {
      if (error instanceof NoAnswer) return { answer: undefined, retryAfterMs: error.retryAfterMs };
      // From now on it is only looked for.
      if (error instanceof Expired) return { answer: undefined, retryAfterMs: 0 };
      // Silence is expected and counted. Anything else needs a person; it is kept and tried again meanwhile.
      logger.error({ err: error, orderId: orderIdOf(command), command: command.name }, 'cannot be resolved');
      return { answer: undefined, retryAfterMs: 0 };
    }
  }

  #ask(ask: AskProvider, command: PaymentCommand): Promise<ProviderAnswer> {
    return hasExpired(command) ? ask.found(orderIdOf(command)) : ask.again(command)();
  }
}
