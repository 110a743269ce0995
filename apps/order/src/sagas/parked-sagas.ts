import { gauge, type Logger, Periodic, type Pool } from '@ringshop/service-defaults';

const parked = gauge(
  'ringshop_sagas_parked',
  'Sagas of the shard that have been retried for so long that a person should look; every replica tells all',
);

/** Counts the sagas of this shard that need attention, for the metric and for whoever looks at the readiness probe. */
export class ParkedSagas {
  readonly #pool: Pool;
  readonly #counting: Periodic;
  #count = 0;

  constructor(pool: Pool, everyMs: number, logger: Logger) {
    this.#pool = pool;
    this.#counting = new Periodic({ everyMs, what: 'counting parked sagas', logger, work: () => this.#look() });
  }

  /** It turns nothing red: the shard works, and these sagas go on being retried. */
  readonly note = (): string | undefined =>
    this.#count > 0 ? `${this.#count} parked: npm run sagas -- list --needs-attention` : undefined;

  start(): void {
    this.#counting.start();
  }

  stop(): Promise<void> {
    return this.#counting.stop();
  }

  async #look(): Promise<void> {
    const { rows } = await this.#pool.query<{ count: number }>({
      name: 'count-parked-sagas',
      text: 'SELECT count(*)::int AS count FROM sagas WHERE NOT done AND attention_since IS NOT NULL',
    });
    this.#count = rows[0]!.count;
    parked.set(this.#count);
  }
}
