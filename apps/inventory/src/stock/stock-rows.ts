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

/** Locks the rows until the transaction ends, in SKU order: two batches that share SKUs queue and never deadlock. */
export async function lockStockRows(tx: Tx, skus: readonly string[]): Promise<StockRow[]> {
  const { rows } = await tx.query<Selected>({ ...select, values: [skus] });
  return rows.map(({ sku, available, price, epoch, n }) => ({ sku, available, price, token: { epoch, n } }));
}

/** Writes the rows whose last token is smaller than the writer's, and answers how many those were. */
export async function writeStockRows(
  tx: Tx,
  movements: readonly Movement[],
  tokens: readonly FencingToken[],
): Promise<number> {
  const { rowCount } = await tx.query({
    ...update,
    values: [
      movements.map(({ sku }) => sku),
      movements.map(({ available }) => available),
      movements.map(({ held }) => held),
      movements.map(({ sold }) => sold),
      tokens.map(({ epoch }) => epoch),
      tokens.map(({ n }) => n),
    ],
  });
  return rowCount ?? 0;
}

// The price is read with the row it belongs to: a cache would save microseconds a batch and could be wrong.
const select = {
  name: 'stock-lock',
  text: `SELECT stock.sku, stock.available, products.price_amount AS price, stock.fence_epoch AS epoch, stock.fence_n AS n
         FROM stock JOIN products USING (sku)
         WHERE stock.sku = ANY($1::text[])
         ORDER BY stock.sku
         FOR UPDATE OF stock`,
};

const update = {
  name: 'stock-write',
  text: `UPDATE stock SET
           available = stock.available + m.available,
           held = stock.held + m.held,
           sold = stock.sold + m.sold,
           fence_epoch = m.epoch,
           fence_n = m.n
         FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::bigint[])
           AS m(sku, available, held, sold, epoch, n)
         WHERE stock.sku = m.sku AND (stock.fence_epoch, stock.fence_n) < (m.epoch, m.n)`,
};
