import type { Tx } from '@ringshop/messaging';
import type { FencingToken } from '../lock/fencing.ts';
import type { Movement, ShelfRow } from './shelves.ts';

export interface StockRow extends ShelfRow {
  /** Of the last write. */
  token: FencingToken;
}

interface Selected extends ShelfRow {
  epoch: number;
  n: number;
}

/**
 * Why stock moved. Each transaction that moves any leaves one entry in the ledger, which no statement can change later:
 * `available`, `held` and `sold` of every SKU are the sums of its entries (I1).
 *
 * initial, restock, write-off   units come in or go out: the total changes
 * orders                        a batch of orders' commands, added up per SKU: no total changes
 * expiry                        held units go back to available because their time was over: no total changes
 */
export type EntryKind = 'initial' | 'restock' | 'write-off' | 'orders' | 'expiry';

/** Locks the rows until the transaction ends, in SKU order: two batches that share SKUs queue and never deadlock. */
export async function lockStockRows(tx: Tx, skus: readonly string[]): Promise<StockRow[]> {
  const { rows } = await tx.query<Selected>({ ...selectLocked, values: [skus] });
  return rows.map(stockRowOf);
}

/** Locks nothing: by the time of the write the rows may be different ones. */
export async function readStockRows(tx: Tx, skus: readonly string[]): Promise<StockRow[]> {
  const { rows } = await tx.query<Selected>({ ...select, values: [skus] });
  return rows.map(stockRowOf);
}

const stockRowOf = ({ sku, available, price, epoch, n }: Selected): StockRow => ({
  sku,
  available,
  price,
  token: { epoch, n },
});

/**
 * Writes the rows whose last token is smaller than the writer's, and answers how many those were: when it was not all
 * of them, the transaction has to be rolled back, and with it the entry in the ledger.
 *
 * @param read what the last tokens have to be, where nothing was locked; empty where the rows are
 */
export async function writeStockRows(
  tx: Tx,
  kind: EntryKind,
  movements: readonly Movement[],
  tokens: readonly FencingToken[],
  read: readonly FencingToken[],
): Promise<number> {
  const { rows } = await tx.query<{ written: number }>({
    ...write,
    values: [
      movements.map(({ sku }) => sku),
      movements.map(({ available }) => available),
      movements.map(({ held }) => held),
      movements.map(({ sold }) => sold),
      tokens.map(({ epoch }) => epoch),
      tokens.map(({ n }) => n),
      kind,
      read.map(({ epoch }) => epoch),
      read.map(({ n }) => n),
    ],
  });
  return rows[0]!.written;
}

// The price is read with the row it belongs to: a cache would save microseconds a batch and could be wrong.
const select = {
  name: 'stock-read',
  text: `SELECT stock.sku, stock.available, products.price_amount AS price, stock.fence_epoch AS epoch, stock.fence_n AS n
         FROM stock JOIN products USING (sku)
         WHERE stock.sku = ANY($1::text[])
         ORDER BY stock.sku`,
};

const selectLocked = { name: 'stock-lock', text: `${select.text} FOR UPDATE OF stock` };

// The entry is a part of the statement that moves the units, so it costs no round trip, and neither is there without the
// other. Whoever gets here holds the rows, or is refused: the ids of one SKU's entries rise in the order in which it moved.
const write = {
  name: 'stock-write',
  text: `WITH written AS (
           UPDATE stock SET
             available = stock.available + m.available,
             held = stock.held + m.held,
             sold = stock.sold + m.sold,
             fence_epoch = m.epoch,
             fence_n = m.n
           FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::bigint[],
             $8::bigint[], $9::bigint[]) AS m(sku, available, held, sold, epoch, n, read_epoch, read_n)
           WHERE stock.sku = m.sku AND (stock.fence_epoch, stock.fence_n) < (m.epoch, m.n)
             AND (m.read_epoch IS NULL OR (stock.fence_epoch, stock.fence_n) = (m.read_epoch, m.read_n))
           RETURNING 1
         ), entry AS (
           INSERT INTO stock_ledger (kind, skus, available, held, sold) VALUES ($7, $1, $2, $3, $4)
         )
         SELECT count(*)::int AS written FROM written`,
};
