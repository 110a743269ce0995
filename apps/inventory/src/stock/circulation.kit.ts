import type { Line } from '@ringshop/contracts';
import { eventually } from '@ringshop/testing';
import { delivered, newOrder, type Replica, releaseStock, reserveStock } from './shop.kit.ts';

const batchSize = 6;

/**
 * Replicas that keep working until they are told to stop: each reserves for new orders and gives back what earlier ones
 * took, so that scarce stock goes round for ever and every decision is about the last few units.
 */
export class Circulation {
  /** Every order that was asked for. */
  readonly orders: string[] = [];
  readonly #begun: number[];
  readonly #done: number[];
  #open = true;
  readonly #running: Promise<unknown>;

  constructor(
    replicas: readonly Replica[],
    private readonly wish: () => Line[],
  ) {
    this.#begun = replicas.map(() => 0);
    this.#done = replicas.map(() => 0);
    this.#running = Promise.all(replicas.map((replica, index) => this.#work(replica, index)));
    // Whoever waits for a round or for the end is told.
    this.#running.catch(() => undefined);
  }

  /** Resolves when every replica has finished a batch that it began after this call; answers the milliseconds. */
  async round(): Promise<number> {
    const askedAt = performance.now();
    const next = this.#begun.map((begun) => begun + 1);
    const isOver = () => this.#done.every((done, index) => done >= next[index]!);
    await Promise.race([
      eventually(isOver, { within: 30_000, every: 2, what: 'a round of every replica' }),
      this.#running,
    ]);
    return performance.now() - askedAt;
  }

  async stop(): Promise<void> {
    this.#open = false;
    await this.#running;
  }

  async #work(replica: Replica, index: number): Promise<void> {
    let earlier: string[] = [];
    while (this.#open) {
      const orders = Array.from({ length: batchSize }, newOrder);
      this.orders.push(...orders);
      this.#begun[index]!++;
      const batch = [...earlier.map(releaseStock), ...orders.map((order) => reserveStock(order, this.wish()))];
      await delivered(() => replica.commands.handle(batch));
      this.#done[index]!++;
      earlier = orders;
    }
  }
}
