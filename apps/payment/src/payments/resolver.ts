import type { Logger, Pool } from '@ringshop/service-defaults';
import { expired } from '../metrics.ts';
import type { AskProvider } from '../provider/ask-provider.ts';
import { NoAnswer, type ProviderAnswer } from '../provider/payment-provider.ts';
import { hasExpired, orderIdOf, type PaymentCommand } from './payment-command.ts';
import type { Payments } from './payments.ts';
import { claimUnresolved, dropUnresolved, type Unresolved } from './unresolved-commands.table.ts';

export interface ResolverOptions {
  pool: Pool;
  ask: AskProvider;
  payments: Payments;
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
 * An authorise whose sender has given up is dropped: the sender voids it itself. To void it here as well could free the
 * money of a confirmed order, because another delivery of the command, or a late answer, may just have been replied to.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
    }, this.#options.sweepMs);
  }

  /** Attempts under way are left to their lease, but what is answered is recorded. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#options.payments.idle();
  }

  async #sweep(): Promise<void> {
    const { pool, concurrency, leaseMs, logger } = this.#options;
    const room = concurrency - this.#underWay.size;
    if (room <= 0) return;
    try {
      const { wanted = [], over = [] } = Object.groupBy(await claimUnresolved(pool, room, leaseMs), ({ command }) =>
        hasExpired(command) ? 'over' : 'wanted',
      );
      for (const unresolved of wanted) this.#pursue(unresolved);
      if (over.length === 0) return;
      await dropUnresolved(
        pool,
        over.map(({ command }) => command),
      );
      expired.inc(over.length);
    } catch (error) {
      logger.warn({ err: error }, 'unresolved commands could not be read; trying again');
    }
  }

  #pursue({ command, attempts }: Unresolved): void {
    const { payments, retryMs } = this.#options;
    const pursued = this.#attempt(command)
      .then((answer) => payments.settleLater({ command, answer, attempts, retryInMs: retryMs(attempts), kept: true }))
      .finally(() => this.#underWay.delete(pursued));
    this.#underWay.add(pursued);
  }

  async #attempt(command: PaymentCommand): Promise<ProviderAnswer | undefined> {
    const { ask, logger } = this.#options;
    try {
      return await ask.again(command)();
    } catch (error) {
      // Silence is expected and counted. Anything else needs a person; it is kept and tried again meanwhile.
      if (!(error instanceof NoAnswer)) {
        logger.error({ err: error, orderId: orderIdOf(command), command: command.name }, 'cannot be resolved');
      }
      return undefined;
    }
  }
}
