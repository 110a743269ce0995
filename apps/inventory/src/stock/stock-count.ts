import { Problem } from '@ringshop/service-defaults';
import type { StockGuard } from './stock-guard.ts';

export interface Counted {
  sku: string;
  /** Available units before and after. */
  before: number;
  after: number;
}

/**
 * An operator's word on how much can be sold. What differs enters the ledger, so that every unit is accounted for; who said
 * so goes on record in the same transaction, also where nothing differed.
 */
export class StockCount {
  readonly #guard: StockGuard;

  constructor(guard: StockGuard) {
    this.#guard = guard;
  }

  /**
   * @param by the operator, a UUID
   * @throws Problem `not-found`
   */
  async set(sku: string, quantity: number, by: string): Promise<Counted> {
    return this.#guard.change([sku], async (change) => {
      const shelves = await change.lock([sku]);
      if (!shelves.knows(sku)) throw new Problem('not-found', { detail: 'no such product' });
      const before = shelves.available(sku);
      const delta = quantity - before;
      if (delta !== 0) {
        shelves.adjust(sku, delta);
        await change.save(shelves, delta > 0 ? 'restock' : 'write-off');
      }
      await change.tx.query("INSERT INTO operator_actions (who, what, sku, detail) VALUES ($1, 'set-stock', $2, $3)", [
        by,
        sku,
        `${before} → ${quantity}`,
      ]);
      return { sku, before, after: quantity };
    });
  }
}
