import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from '@ringshop/service-defaults';
import type { OrderSagas } from './order-sagas.ts';

/** Fires the deadlines of sagas. They are rows, so a replica that dies loses none, and several share the work. */
export class DeadlineSweep {
  readonly #stopped = new AbortController();
  readonly #sagas: OrderSagas;
  readonly #everyMs: number;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;

  constructor(sagas: OrderSagas, everyMs: number, logger: Logger) {
    this.#sagas = sagas;
    this.#everyMs = everyMs;
    this.#logger = logger;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#sagas.sweepDeadlines();
      } catch (error) {
        this.#logger.warn({ err: error }, 'the sweep of deadlines failed; the next one tries again');
      }
      await after(this.#everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
