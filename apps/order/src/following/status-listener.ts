import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from '@ringshop/service-defaults';
import pg from 'pg';
import { type Changed, changedOf, statusChannel } from '../orders/status-notice.ts';
import type { OrderWatch } from './order-watch.ts';

const firstRetryMs = 50;
const lastRetryMs = 2_000;

/** Who hears of every change, whoever waits for it. */
export interface Hearer {
  decided: (changed: Changed[]) => void;
  /** From here on everything is heard, and before that some may not have been. */
  missed: () => void;
}

export interface ProbeOptions {
  /** A connection that died without a word is found by asking whether it lives; orders are never asked for. */
  probeEveryMs: number;
  answerWithinMs: number;
}

/**
 * Hears which orders changed, on a connection of its own. When that connection is lost, so is every notice sent
 * meanwhile: it connects again and has everything re-read that clients wait for. A re-read that fails counts as a lost
 * connection, so there is one way to recover.
 */
export class StatusListener {
  readonly #url: string;
  readonly #watch: OrderWatch;
  readonly #logger: Logger;
  readonly #hearer: Hearer | undefined;
  readonly #probe: ProbeOptions;
  readonly #stopped = new AbortController();
  #listening = false;
  #running: Promise<void> | undefined;

  constructor(
    url: string,
    watch: OrderWatch,
    logger: Logger,
    hearer?: Hearer,
    probe: ProbeOptions = { probeEveryMs: 5_000, answerWithinMs: 5_000 },
  ) {
    this.#hearer = hearer;
    this.#probe = probe;
    this.#url = url;
    this.#watch = watch;
    this.#logger = logger;
  }

  readonly ready = (): string | undefined => (this.#listening ? undefined : 'not listening to the database');

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    for (let retryMs = firstRetryMs; !signal.aborted; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
      try {
        await this.#listen(() => {
          retryMs = firstRetryMs;
        });
      } catch (error) {
        this.#logger.warn({ err: error }, 'lost the connection that hears of changed orders');
      }
      await after(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when told to stop; rejects when the connection is lost or cannot be made. */
  async #listen(onListening: () => void): Promise<void> {
    const { promise: lost, reject: lose } = Promise.withResolvers<never>();
    // It may be lost before anybody waits for that below, and must not count as unhandled.
    lost.catch(() => undefined);
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'order-status-listener',
      connectionTimeoutMillis: 5_000,
      query_timeout: this.#probe.answerWithinMs,
      keepAlive: true,
    });
    client.on('error', lose);
    client.on('end', () => lose(new Error('the connection ended')));
    client.on('notification', ({ payload }) => {
      const changed = changedOf(payload ?? '');
      this.#hearer?.decided(changed);
      this.#watch.changed(changed.map(({ orderId }) => orderId)).catch(lose);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${statusChannel}`);
      this.#listening = true;
      this.#hearer?.missed();
      onListening();
      await Promise.race([lost, this.#watch.allMayHaveChanged().then(() => this.#probeForEver(client))]);
    } finally {
      this.#listening = false;
      await client.end().catch(() => undefined);
    }
  }

  async #probeForEver(client: pg.Client): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await after(this.#probe.probeEveryMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await client.query('SELECT 1');
    }
  }
}
