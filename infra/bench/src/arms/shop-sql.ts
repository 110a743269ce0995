/** The tables of a shop in PostgreSQL alone: all in one database, or each of the three in one of its own. */
export const tables = {
  order: `
    CREATE TABLE IF NOT EXISTS orders (order_id uuid PRIMARY KEY, customer_id uuid NOT NULL, status text NOT NULL, lines jsonb NOT NULL, total bigint, ship_to text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 80);
    CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer_id, order_id DESC);
    CREATE TABLE IF NOT EXISTS keys (customer_id uuid, key text, request_hash bytea NOT NULL, order_id uuid NOT NULL, PRIMARY KEY (customer_id, key))`,
  stock: `
    CREATE TABLE IF NOT EXISTS stock (sku text PRIMARY KEY, price bigint NOT NULL, available int NOT NULL CHECK (available >= 0), sold int NOT NULL) WITH (fillfactor = 80);
    INSERT INTO stock SELECT 'SKU-' || lpad(n::text, 4, '0'), 100 + n, 1000000, 0 FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING`,
  payment:
    'CREATE TABLE IF NOT EXISTS payments (order_id uuid PRIMARY KEY, state text NOT NULL, amount bigint NOT NULL)',
};

/** An order, in the order in which it is written. */
export const statements = {
  insertKey: { name: 'insert-key', text: 'INSERT INTO keys VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING' },
  /** Locks in SKU order first: two orders of the same two SKUs would else wait for each other. */
  takeStock: {
    name: 'take-stock',
    text: `WITH wanted AS (SELECT unnest($1::text[]) AS sku, unnest($2::int[]) AS quantity),
                locked AS (SELECT sku FROM stock WHERE sku = ANY ($1::text[]) ORDER BY sku FOR UPDATE)
           UPDATE stock s SET available = available - quantity, sold = sold + quantity
             FROM wanted JOIN locked USING (sku)
            WHERE s.sku = wanted.sku AND s.available >= quantity RETURNING s.sku, s.price * quantity AS amount`,
  },
  insertOrder: {
    name: 'insert-order',
    text: `INSERT INTO orders (order_id, customer_id, status, lines, total, ship_to) VALUES ($1, $2, 'confirmed', $3, $4, $5)`,
  },
  insertPayment: { name: 'insert-payment', text: `INSERT INTO payments VALUES ($1, 'captured', $2)` },
};
