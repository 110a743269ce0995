import type { PlacementMap } from '@ringshop/placement';
import { Gatherer, type Logger, type Pool } from '@ringshop/service-defaults';

const together = { maxBatch: 1000, maxWaiting: 1000 };

/** The newest placement map, from its strongly consistent authority. All who ask at the same time share one read. */
export class PlacementAuthority {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #maps: Gatherer<void, PlacementMap>;
  readonly #epochs: Gatherer<void, number | undefined>;

  constructor(pool: Pool, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    this.#maps = shared(() => this.#readMap());
    this.#epochs = shared(() => this.#readEpoch());
  }

  newest(): Promise<PlacementMap> {
    return this.#maps.submit();
  }

  /** Undefined when the authority does not answer: refusing a write does not need it. */
  async newestEpoch(): Promise<number | undefined> {
    try {
      return await this.#epochs.submit();
    } catch (error) {
      this.#logger.warn({ err: error }, 'the placement authority does not answer');
      return undefined;
    }
  }

  async #readMap(): Promise<PlacementMap> {
    const { rows } = await this.#pool.query<PlacementMap>(
      'SELECT epoch, members, slots FROM placement_maps ORDER BY epoch DESC LIMIT 1',
    );
    if (!rows[0]) throw new Error('there is no placement map: run setup first');
    return rows[0];
  }

  async #readEpoch(): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ epoch: number | null }>('SELECT max(epoch) AS epoch FROM placement_maps');
    return rows[0]?.epoch ?? undefined;
  }
}

const shared = <T>(read: () => Promise<T>) =>
  new Gatherer<void, T>(async (askers) => {
    const answer = await read();
    return askers.map(() => answer);
  }, together);
