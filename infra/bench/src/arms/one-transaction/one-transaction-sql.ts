/** 32 are enough to keep two cores busy; who waits for the provider does nothing, and so there may be more of them. */
export const clientsOf = ({ paymentMs }: { paymentMs: number }) => (paymentMs === 0 ? 32 : 256);

export const schema = `
  CREATE TABLE IF NOT EXISTS a1_stock (sku text PRIMARY KEY, price bigint NOT NULL, available int NOT NULL CHECK (available >= 0), sold int NOT NULL) WITH (fillfactor = 80);
  CREATE TABLE IF NOT EXISTS a1_orders (order_id uuid PRIMARY KEY, customer_id uuid NOT NULL, status text NOT NULL, lines jsonb NOT NULL, total bigint, ship_to text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 80);
  CREATE INDEX IF NOT EXISTS a1_orders_of_customer ON a1_orders (customer_id, order_id DESC);
  CREATE TABLE IF NOT EXISTS a1_keys (customer_id uuid, key text, request_hash bytea NOT NULL, order_id uuid NOT NULL, PRIMARY KEY (customer_id, key));
  CREATE TABLE IF NOT EXISTS a1_payments (order_id uuid PRIMARY KEY, state text NOT NULL, amount bigint NOT NULL);
  INSERT INTO a1_stock SELECT 'SKU-' || lpad(n::text, 4, '0'), 100 + n, 1000000, 0 FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING`;

export const statements = {
  /** Locks in SKU order first: two orders of the same two SKUs would else wait for each other. */
  takeStock: {
    name: 'take-stock',
    text: `WITH wanted AS (SELECT unnest($1::text[]) AS sku, unnest($2::int[]) AS quantity),
                locked AS (SELECT sku FROM a1_stock WHERE sku = ANY ($1::text[]) ORDER BY sku FOR UPDATE)
           UPDATE a1_stock s SET available = available - quantity, sold = sold + quantity
             FROM wanted JOIN locked USING (sku)
            WHERE s.sku = wanted.sku AND s.available >= quantity RETURNING s.sku, s.price * quantity AS amount`,
  },
  insertKey: { name: 'insert-key', text: 'INSERT INTO a1_keys VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING' },
  insertOrder: {
    name: 'insert-order',
    text: `INSERT INTO a1_orders (order_id, customer_id, status, lines, total, ship_to) VALUES ($1, $2, 'confirmed', $3, $4, $5)`,
  },
  insertPayment: { name: 'insert-payment', text: `INSERT INTO a1_payments VALUES ($1, 'captured', $2)` },
};

/** One row: whether everything adds up to the orders that it says were placed. */
export const books = `
  SELECT (SELECT count(*) FROM a1_orders WHERE status = 'confirmed')::int AS orders,
         (SELECT count(*) FROM a1_keys)::int AS keys,
         (SELECT count(*) FROM a1_payments p JOIN a1_orders o USING (order_id) WHERE p.amount = o.total)::int AS payments,
         (SELECT sum(sold) FROM a1_stock)::int AS sold,
         (SELECT count(*) FROM a1_stock WHERE available + sold <> 1000000)::int AS unbalanced`;
