import type { Tx } from '@ringshop/messaging';
import { FenceRefused, type FencingToken, type FencingTokens } from '../lock/fencing.ts';
import { type Movement, Shelves } from './shelves.ts';
import { type EntryKind, lockStockRows, readStockRows, type StockRow, writeStockRows } from './stock.table.ts';

/**
 * By what right a transaction writes stock.
 *
 * lock     tokens of a lock it holds, and the row locks
 * rows     an epoch and the row locks alone
 * reading  nothing is locked: only rows that nobody has written since they were read
 * nothing  it announced no SKUs
 */
export type Fence =
  | { kind: 'lock'; tokens: FencingTokens; signal: AbortSignal }
  | { kind: 'rows' | 'reading'; epoch: number }
  | { kind: 'nothing' };

/** What a transaction may do to stock, and when that was found out. */
export interface Scope {
  fence: Fence;
  /** What it may move: nothing else is protected. */
  skus: readonly string[];
  now: Date;
  /** Whether it must not take units. Giving them back or selling what is held needs no lock to be safe. */
  refusing?: boolean;
}

/** A stock row as a transaction leaves it. */
export interface StockWritten {
  sku: string;
  available: number;
  token: FencingToken;
  /** ISO 8601: before it was written, so that it never claims to be newer than it is. */
  asOf: string;
}

/** One transaction's access to stock: read under row locks, write once, with a token for every row. */
export class StockChange {
  #rows: StockRow[] = [];
  /** True for others only once the transaction has committed. */
  readonly written: StockWritten[] = [];

  constructor(
    readonly tx: Tx,
    readonly scope: Scope,
  ) {}

  async lock(skus: readonly string[] = this.scope.skus): Promise<Shelves> {
    const read = this.scope.fence.kind === 'reading' ? readStockRows : lockStockRows;
    this.#rows = skus.length > 0 ? await read(this.tx, skus) : [];
    return new Shelves(this.#rows);
  }

  /**
   * Writes what moved and enters it in the ledger, as `kind`.
   * Counted before COMMIT is sent: a fence that is looked at after it protects nothing.
   * @throws FenceRefused when a row has seen this token or a greater one, or was written since it was read unlocked
   */
  async save(shelves: Shelves, kind: EntryKind): Promise<void> {
    const movements = shelves.movements();
    if (movements.length === 0) return;
    const { fence } = this.scope;
    if (fence.kind === 'lock') fence.signal.throwIfAborted();
    const tokens = this.#tokens();
    const asOf = new Date().toISOString();
    const written = await writeStockRows(
      this.tx,
      kind,
      movements,
      movements.map(({ sku }) => tokens.get(sku)!),
      fence.kind === 'reading' ? this.#read(movements) : [],
    );
    if (written !== movements.length) {
      throw new FenceRefused(`${movements.length - written} of ${movements.length} stock rows refused the token`);
    }
    for (const { sku } of movements) {
      this.written.push({ sku, available: shelves.available(sku), token: tokens.get(sku)!, asOf });
    }
  }

  #tokens(): FencingTokens {
    const { fence } = this.scope;
    if (fence.kind === 'lock') return fence.tokens;
    if (fence.kind === 'nothing') throw new Error('stock is written by a transaction that announced no SKUs');
    const { epoch } = fence;
    return new Map(this.#rows.map(({ sku, token }) => [sku, next(token, epoch)]));
  }

  #read(movements: readonly Movement[]): FencingToken[] {
    const read = new Map(this.#rows.map(({ sku, token }) => [sku, token]));
    return movements.map(({ sku }) => read.get(sku)!);
  }
}

/** Free for as long as nobody else has written the row; the epoch makes it greater than any that Redis gave out. */
const next = (seen: FencingToken, epoch: number): FencingToken => ({
  epoch: Math.max(epoch, seen.epoch),
  n: seen.n + 1,
});
