import { type Logger, Periodic, type Pool } from '@ringshop/service-defaults';
import { oldestUnresolved, unresolvedCommands } from '../metrics.ts';
import { unresolvedBacklog } from './unresolved-commands.table.ts';

export interface UnresolvedWatchOptions {
  pool: Pool;
  everyMs: number;
  /** A command that is older than this is worth a look. */
  noteAfterMs: number;
  logger: Logger;
}

/** Tells how much the provider owes an answer to, as a metric and beside the readiness: work goes on without it. */
export class UnresolvedWatch {
  readonly #options: UnresolvedWatchOptions;
  readonly #periodic: Periodic;
  #backlog = { count: 0, oldestS: 0 };

  constructor(options: UnresolvedWatchOptions) {
    this.#options = options;
    const { everyMs, logger } = options;
    this.#periodic = new Periodic({
      everyMs,
      work: () => this.#look(),
      what: 'the count of unresolved payments',
      logger,
    });
  }

  start(): void {
    this.#periodic.start();
  }

  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  readonly note = (): string | undefined => {
    const { count, oldestS } = this.#backlog;
    if (oldestS * 1_000 <= this.#options.noteAfterMs) return undefined;
    return `${count} without an answer of the payment provider, the oldest for ${Math.round(oldestS)} s`;
  };

  async #look(): Promise<void> {
    this.#backlog = await unresolvedBacklog(this.#options.pool);
    unresolvedCommands.set(this.#backlog.count);
    oldestUnresolved.set(this.#backlog.oldestS);
  }
}
