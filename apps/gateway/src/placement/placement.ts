import { type PlacementMap, slotCount } from '@ringshop/placement';
import { Problem } from '@ringshop/service-defaults';
import { z } from 'zod';
import type { ReplicaSet } from '../upstream/replica-set.ts';

const mapSchema = z.object({
  epoch: z.int().min(1),
  members: z.array(z.string()),
  slots: z.array(z.string()).length(slotCount),
});

/** A configuration that does not fit the map: this gateway would turn away customers that are well placed. */
export class UnknownShard extends Error {
  override readonly name = 'UnknownShard';
}

/**
 * The cached placement map. It may be old: then the shard that is asked refuses with 421, and this learns the newer map
 * from any shard. Old here is slow, never wrong, because a shard checks its slots inside every write.
 */
export class Placement {
  readonly #shards: ReadonlyMap<string, ReplicaSet>;
  #map: PlacementMap | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(shards: ReadonlyMap<string, ReplicaSet>) {
    this.#shards = shards;
  }

  get epoch(): number {
    return this.#map?.epoch ?? 0;
  }

  /** The shard that owns a slot as far as this map knows. @throws Problem shard-unavailable */
  shardOf(slot: number): ReplicaSet {
    const shard = this.#shards.get(this.#map?.slots[slot] ?? '');
    if (shard === undefined) throw new Problem('shard-unavailable');
    return shard;
  }

  /**
   * The first map: asks until a shard answers or the time is over. @throws UnknownShard
   */
  async load(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      try {
        await this.refresh();
        break;
      } catch (error) {
        if (performance.now() >= deadline) throw new Error('no shard tells the placement map', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
    const unknown = [...new Set(this.#map?.slots)].filter((name) => !this.#shards.has(name));
    if (unknown.length > 0)
      throw new UnknownShard(`the placement map names shards not in SHARDS: ${unknown.join(', ')}`);
  }

  /**
   * Learns the newest map; calls at the same time share one question.
   * @param from the shard that is known to have it: asked first, so that one that is stuck keeps nobody else waiting
   */
  refresh(from?: ReplicaSet): Promise<void> {
    this.#refreshing ??= this.#learn(from).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #learn(from?: ReplicaSet): Promise<void> {
    let cause: unknown;
    const path = '/placement';
    for (const shard of new Set([...(from ? [from] : []), ...this.#shards.values()])) {
      try {
        // It has just answered, and so has a replica that does; of all others nothing is known.
        const { status, body } = await (shard === from ? shard.send({ method: 'GET', path }) : shard.probe(path));
        if (status !== 200) throw new Error(`a shard answered ${status} when asked for the placement map`);
        const map = mapSchema.parse(JSON.parse(body));
        if (map.epoch > this.epoch) this.#map = map;
        return;
      } catch (error) {
        cause = error;
      }
    }
    throw new Problem('shard-unavailable', { cause });
  }
}
