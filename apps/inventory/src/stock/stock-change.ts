import type { Tx } from '@ringshop/messaging';
import { FenceRefused, type FencingToken, type FencingTokens } from '../lock/fencing.ts';
import { Shelves } from './shelves.ts';
import { lockStockRows, type StockRow, writeStockRows } from './stock-rows.ts';

/** By what right a transaction writes stock: tokens of a lock it holds, or an epoch and the row locks alone. */
export type Fence =
  | { kind: 'lock'; tokens: FencingTokens; signal: AbortSignal }
  | { kind: 'rows'; epoch: number }
  | { kind: 'nothing' };

/** One transaction's access to stock: read under row locks, write once, with a token for every row. */
export class StockChange {
  #rows: StockRow[] = [];

  constructor(
    readonly tx: Tx,
    private readonly fence: Fence,
  ) {}

  async lock(skus: readonly string[]): Promise<Shelves> {
    this.#rows = skus.length > 0 ? await lockStockRows(this.tx, skus) : [];
    return new Shelves(this.#rows);
  }

  /**
   * Counted before COMMIT is sent: a fence that is looked at after it protects nothing.
   * @throws FenceRefused when a row has seen this token or a greater one
   */
  async save(shelves: Shelves): Promise<void> {
    const movements = shelves.movements();
    if (movements.length === 0) return;
    if (this.fence.kind === 'lock') this.fence.signal.throwIfAborted();
    const tokens = this.#tokens();
    const written = await writeStockRows(
      this.tx,
      movements,
      movements.map(({ sku }) => tokens.get(sku)!),
    );
    if (written !== movements.length) {
      throw new FenceRefused(`${movements.length - written} of ${movements.length} stock rows refused the token`);
    }
  }

  #tokens(): FencingTokens {
    const { fence } = this;
    if (fence.kind === 'lock') return fence.tokens;
    if (fence.kind === 'rows') return new Map(this.#rows.map(({ sku, token }) => [sku, next(token, fence.epoch)]));
    throw new Error('stock is written by a transaction that announced no SKUs');
  }
}

/** The row lock is held, so the next token is always free; the epoch makes it greater than any that Redis gave out. */
const next = (seen: FencingToken, epoch: number): FencingToken => ({
  epoch: Math.max(epoch, seen.epoch),
  n: seen.n + 1,
});
