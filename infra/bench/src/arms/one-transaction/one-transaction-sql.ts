import { tables } from '../shop-sql.ts';

/** 32 are enough to keep two cores busy; who waits for the provider does nothing, and so there may be more of them. */
export const clientsOf = ({ paymentMs }: { paymentMs: number }) => (paymentMs === 0 ? 32 : 256);

export const schema = Object.values(tables).join(';');

/** One row: whether everything adds up to the orders that it says were placed. */
export const books = `
  SELECT (SELECT count(*) FROM orders WHERE status = 'confirmed')::int AS orders,
         (SELECT count(*) FROM keys)::int AS keys,
         (SELECT count(*) FROM payments p JOIN orders o USING (order_id) WHERE p.amount = o.total)::int AS payments,
         (SELECT sum(sold) FROM stock)::int AS sold,
         (SELECT count(*) FROM stock WHERE available + sold <> 1000000)::int AS unbalanced`;
