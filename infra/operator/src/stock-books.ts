import type { Database } from './databases.ts';

/** One SKU, counted in three ways. */
export interface StockBook {
  sku: string;
  /** What the stock row says, which is what orders are decided on. */
  available: number;
  held: number;
  sold: number;
  /** What the entries of the ledger add up to. */
  booked: { available: number; held: number; sold: number };
  /** Of these, what came in and went out other than by an order. */
  received: number;
  /** What the reservations say. */
  heldByOrders: number;
  soldToOrders: number;
}

// One statement, so that all of it is seen at one moment.
const books = `
  WITH booked AS (
         SELECT e.sku, sum(e.available)::float8 AS available, sum(e.held)::float8 AS held, sum(e.sold)::float8 AS sold,
                sum(e.available + e.held + e.sold) FILTER (WHERE kind IN ('initial', 'restock', 'write-off')) AS received
           FROM stock_ledger,
                unnest(skus, stock_ledger.available, stock_ledger.held, stock_ledger.sold) AS e(sku, available, held, sold)
          GROUP BY e.sku),
       reserved AS (
         SELECT line ->> 'sku' AS sku,
                sum((line ->> 'quantity')::bigint) FILTER (WHERE state = 'HELD') AS held,
                sum((line ->> 'quantity')::bigint) FILTER (WHERE state = 'COMMITTED') AS sold
           FROM reservations, jsonb_array_elements(lines) AS line
          GROUP BY 1)
  SELECT sku, coalesce(stock.available, 0)::float8 AS available, coalesce(stock.held, 0)::float8 AS held,
         coalesce(stock.sold, 0)::float8 AS sold, coalesce(booked.received, 0)::float8 AS received,
         json_build_object('available', coalesce(booked.available, 0), 'held', coalesce(booked.held, 0),
                           'sold', coalesce(booked.sold, 0)) AS booked,
         coalesce(reserved.held, 0)::float8 AS "heldByOrders", coalesce(reserved.sold, 0)::float8 AS "soldToOrders"
    FROM stock FULL JOIN booked USING (sku) FULL JOIN reserved USING (sku)
   ORDER BY sku`;

export const readStockBooks = (inventory: Database): Promise<StockBook[]> => inventory.rows<StockBook>(books);

/** Where the three ways disagree. A unit that no entry tells of, and one that no order moved, are both seen. */
export function wrongWith(book: StockBook): string[] {
  const { available, held, sold, booked, received, heldByOrders, soldToOrders } = book;
  const problems = [
    available < 0 && `${available} available`,
    received !== available + held + sold &&
      `received ${received}, but ${available} available + ${held} held + ${sold} sold`,
    available !== booked.available && `${available} available, but ${booked.available} by the ledger`,
    held !== booked.held && `${held} held, but ${booked.held} by the ledger`,
    sold !== booked.sold && `${sold} sold, but ${booked.sold} by the ledger`,
    held !== heldByOrders && `${held} held, but orders hold ${heldByOrders}`,
    sold !== soldToOrders && `${sold} sold, but orders bought ${soldToOrders}`,
  ];
  return problems.filter((problem) => problem !== false);
}
