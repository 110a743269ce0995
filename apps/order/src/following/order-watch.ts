import { Gatherer } from '@ringshop/service-defaults';
import type { Order } from '../orders/order.ts';

export interface Watcher {
  changed: (order: Order) => void;
  /** The service stops: say what you know. */
  closed: () => void;
}

/** The orders with these ids, in any order; missing ones are left out. */
export type ReadOrders = (orderIds: string[]) => Promise<Order[]>;

/**
 * The clients that this replica holds until their order changes: `Prefer: wait` and event streams.
 *
 * A reply may be handled by another replica, so the news comes through the database (`StatusListener`). Whoever begins
 * to watch first and reads the order afterwards misses nothing. Nothing here asks the database by itself.
 */
export class OrderWatch {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #woken: Gatherer<string[], void>;
  readonly #max: number;
  #count = 0;
  #closed = false;

  constructor(read: ReadOrders, max = 10_000) {
    this.#max = max;
    this.#woken = new Gatherer<string[], void>(
      async (batch) => {
        for (const order of await read([...new Set(batch.flat())])) {
          for (const watcher of this.#watchers.get(order.orderId) ?? []) watcher.changed(order);
        }
        return batch.map(() => undefined);
      },
      { maxBatch: 1000 },
    );
  }

  /** @returns how to stop watching; undefined when this replica holds as many clients as it may, or none any more. */
  watch(orderId: string, watcher: Watcher): (() => void) | undefined {
    if (this.#closed || this.#count >= this.#max) return undefined;
    const watchers = this.#watchers.get(orderId) ?? new Set();
    this.#watchers.set(orderId, watchers.add(watcher));
    this.#count += 1;
    return () => {
      if (!watchers.delete(watcher)) return;
      this.#count -= 1;
      if (watchers.size === 0 && this.#watchers.get(orderId) === watchers) this.#watchers.delete(orderId);
    };
  }

  /** The service stops. */
  get closed(): boolean {
    return this.#closed;
  }

  get watching(): number {
    return this.#count;
  }

  /** Re-reads what of `orderIds` is watched here: one SELECT for all that came in meanwhile. */
  async changed(orderIds: string[]): Promise<void> {
    const watched = orderIds.filter((orderId) => this.#watchers.has(orderId));
    if (watched.length > 0) await this.#woken.submit(watched);
  }

  /** After a time of not listening anything may have changed. */
  async allMayHaveChanged(): Promise<void> {
    await this.changed([...this.#watchers.keys()]);
  }

  close(): void {
    this.#closed = true;
    for (const watcher of [...this.#watchers.values()].flatMap((watchers) => [...watchers])) watcher.closed();
  }
}
