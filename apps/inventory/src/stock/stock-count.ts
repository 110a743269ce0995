import { Problem } from '@ringshop/service-defaults';
import type { StockGuard } from './stock-guard.ts';

export interface Counted {
  sku: string;
  /** Available units before and after. */
  before: number;
  after: number;
}

/** An operator's word on how much can be sold. What differs enters the ledger, so that every unit is accounted for. */
export class StockCount {
  readonly #guard: StockGuard;

  constructor(guard: StockGuard) {
    this.#guard = guard;
  }

  /** @throws Problem `not-found` */
  async set(sku: string, quantity: number): Promise<Counted> {
    return this.#guard.change([sku], async (change) => {
      const shelves = await change.lock([sku]);
      if (!shelves.knows(sku)) throw new Problem('not-found', { detail: 'no such product' });
      const before = shelves.available(sku);
      const delta = quantity - before;
      if (delta !== 0) {
        shelves.adjust(sku, delta);
        await change.save(shelves, delta > 0 ? 'restock' : 'write-off');
      }
      return { sku, before, after: quantity };
    });
  }
}
