import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from './errors.ts';
import type { Logger } from './logger.ts';

export interface PeriodicOptions {
  /** From the end of one run to the beginning of the next. */
  everyMs: number;
  work: () => Promise<unknown>;
  /** For the log, as in "the sweep of deadlines". */
  what: string;
  logger: Logger | undefined;
}

/** Does something again and again, never twice at once. A run that fails is told, and the next one tries again. */
export class Periodic {
  readonly #options: PeriodicOptions;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  /** The first run begins at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the run under way is over. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { everyMs, work, what, logger } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        logger?.[isTransient(error) ? 'warn' : 'error']({ err: error }, `${what} failed; the next one tries again`);
      }
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
