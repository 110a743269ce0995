/** The three databases of the shop with two-phase commit, as services would have one each. */
export const databaseNames = ['order', 'stock', 'payment'] as const;
export type DatabaseName = (typeof databaseNames)[number];

/** In the database of the orders. */
export const decisionLog = 'CREATE TABLE IF NOT EXISTS decisions (gid text PRIMARY KEY)';

/** Of the decisions, beside those of the shop. */
export const decisionStatements = {
  decide: { name: 'decide', text: 'INSERT INTO decisions VALUES ($1)' },
  forget: { name: 'forget', text: 'DELETE FROM decisions WHERE gid = ANY ($1)' },
};

/** One row a database; together they have to tell of the same orders. */
export const books: Record<DatabaseName, string> = {
  order: `SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM keys)::int AS keys, (SELECT sum(total) FROM orders)::float8 AS money`,
  stock: `SELECT sum(sold)::int AS sold, count(*) FILTER (WHERE available + sold <> 1000000)::int AS unbalanced FROM stock`,
  payment: 'SELECT count(*)::int AS payments, sum(amount)::float8 AS money FROM payments',
};
