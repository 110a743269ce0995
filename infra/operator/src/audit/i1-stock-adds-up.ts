import type { Invariant, Violation } from './evidence.ts';

interface Shelf {
  sku: string;
  available: number;
  held: number;
  sold: number;
  booked: number;
  heldByOrders: number;
  soldToOrders: number;
}

// One statement, so that all of it is seen at one moment. Held and sold are counted a second time from the
// reservations, so that units which no order moved are seen too.
const shelves = `
  WITH booked AS (SELECT sku, sum(delta) AS units FROM stock_ledger GROUP BY sku),
       reserved AS (
         SELECT line ->> 'sku' AS sku,
                sum((line ->> 'quantity')::bigint) FILTER (WHERE state = 'HELD') AS held,
                sum((line ->> 'quantity')::bigint) FILTER (WHERE state = 'COMMITTED') AS sold
           FROM reservations, jsonb_array_elements(lines) AS line
          GROUP BY 1)
  SELECT sku, coalesce(stock.available, 0)::float8 AS available, coalesce(stock.held, 0)::float8 AS held,
         coalesce(stock.sold, 0)::float8 AS sold, coalesce(booked.units, 0)::float8 AS booked,
         coalesce(reserved.held, 0)::float8 AS "heldByOrders", coalesce(reserved.sold, 0)::float8 AS "soldToOrders"
    FROM stock FULL JOIN booked USING (sku) FULL JOIN reserved USING (sku)`;

export const stockAddsUp: Invariant = {
  id: 'I1',
  title: 'initial + received − written off = available + held + sold, for every SKU',
  async check({ databases }) {
    const rows = await databases.inventory.rows<Shelf>(shelves);
    return { checked: rows.length, violations: rows.flatMap(wrongWith) };
  },
};

function wrongWith(shelf: Shelf): Violation[] {
  const { sku: subject, available, held, sold, booked, heldByOrders, soldToOrders } = shelf;
  const problems = [
    available < 0 && `${available} available`,
    booked !== available + held + sold && `booked ${booked}, but ${available} available + ${held} held + ${sold} sold`,
    held !== heldByOrders && `${held} held, but orders hold ${heldByOrders}`,
    sold !== soldToOrders && `${sold} sold, but orders bought ${soldToOrders}`,
  ];
  return problems.filter((problem) => problem !== false).map((problem) => ({ subject, problem }));
}
